// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/lease_keeper.hpp"
#include "registry/messages.hpp"
#include "registry/story.hpp"

#include <string>
#include <variant>
#include <vector>

namespace muster {

// What a shard core wants done, in order. The order matters: a table is
// published before an answer leaves (W6), a mark before an acknowledgement.

/// One change of the shard's durable log; see `store_change`, which it becomes.
struct log_change {
  enum class kind : uint8_t { append, truncate, meta, reset };

  kind what = kind::append;
  sequence at;
  std::string bytes;
};

/// Make durable, then call `on_durable(token)`.
struct persist_effect {
  std::vector<log_change> changes;
  uint64_t token = 0;
};

/// Write in the background, then call `on_checkpoint(upto)`.
struct checkpoint_effect {
  sequence upto;
  struct row {
    std::string key;
    std::string value;
    bool erased = false;
  };
  std::vector<row> rows;
};

struct send_effect {
  machine_id to;
  wire_message what;
};

/// To whoever is known to be the primary of another shard; lost if nobody is.
struct send_home_effect {
  shard_id shard;
  wire_message what;
};

/// A new tenure of the read table: everything dropped, no lease (W5).
struct publish_begin {
  served_from from = served_from::primary;
  term of;
  session in;
};

struct publish_drop {};

/// Valid only for the tenure of (`of`, `in`).
struct publish_lease {
  term of;
  session in;
  boot_time end;
};

struct publish_invalid {
  std::vector<std::string> keys;
};

/// The same of keys under a prefix that is not in the table yet (P2).
struct publish_silent {
  std::vector<std::string> keys;
};

struct publish_put {
  std::string key;
  std::string value;
  sequence version;
  /// A copy of this key alone (D6): reads of it are counted and noted.
  bool single = false;
};

struct publish_erase {
  std::string key;
  bool single = false; // as in `publish_put`
};

/// The whole shard is in the table now ("/").
struct publish_whole {};

/// A holder's prefix is in the table now, or not any more; and one record that
/// no prefix covers any more.
struct publish_prefix {
  std::string prefix;
};

struct publish_no_prefix {
  std::string prefix;
};

struct publish_evict {
  std::string key;
};

/// Ask the coordinator to replace assignment `expected`, then call
/// `on_swap_result`.
struct swap_effect {
  assignment proposed;
  epoch expected;
};

/// Lease keeper: what this shard needs and covers.
struct require_effect {
  term of;
  uint64_t version = 0;
  std::vector<peer> granters;
  /// Learners that are about to count (M4).
  std::vector<peer> aspirants;
};

/// Ask `granter` for a lease now: it covers more than a moment ago.
struct renew_effect {
  machine_id granter;
};

struct release_effect {};

struct cover_effect {
  peer who;
  cover what;
  lease_backing under = {}; // S2
};

/// Answered by `on_uncovered`, with the number. Two may be on their way, and
/// covering may begin again between them: what the first was answered says
/// nothing about what was granted then.
struct uncover_effect {
  peer who;
  cover what;
  uint64_t number = 0;
};

/// Read the members at a revision not below `at_least`, then call `on_members`
/// (F1).
struct members_effect {
  epoch at_least;
};

/// The newest assignment should be read now: a message of a term that this
/// replica has not seen there arrived.
struct refresh_effect {};

/// A prepared entry, for the agent: it must be acknowledged by holders.
struct watched_entry {
  sequence at;
  command_id id;
  machine_id origin;
  uint64_t slot = 0;
  boot_time prepared_at;
  std::vector<effect> effects;
  /// Whom policies named when it was submitted.
  std::vector<participant> by_policy = {};
};

/// Shard -> agent: act as the home agent of this term from now on.
struct home_started {
  shard_id shard;
  term of;
  epoch at;
};

struct home_stopped {
  shard_id shard;
};

/// Shard -> agent: stop everything and tell the directory (F2); answered by
/// `directory_told`.
struct directory_ask {
  shard_id shard;
  term of;
};

/// Shard -> agent: the hand-over was called off, go on.
struct home_resumed {
  shard_id shard;
  term of;
};

/// Agent -> shard: everyone who may still serve reads of a copy.
struct directory_told {
  shard_id shard;
  term of;
  std::vector<directory_entry> holders;
};

/// Shard -> agent: invalidate these at their holders.
struct entries_prepared {
  shard_id shard;
  term of;
  std::vector<watched_entry> entries;
  /// On a switch, whose entries may come out of their order: what the agent
  /// has said before of any of them does not count. 0: they are in order.
  uint64_t round = 0;
};

/// Shard -> agent: every entry up to `upto` is committed, of which at least
/// one was watched.
struct entries_committed {
  shard_id shard;
  term of;
  sequence upto;
};

/// Shard -> agent: what a copy request asked for. Every undecided entry that
/// the prefix covers is in `undecided` and waits for the agent's
/// `holders_ready` of `round` (D3).
struct copy_data {
  shard_id shard;
  term of;
  peer holder;
  std::string prefix;
  bool granted = false;
  sequence as_of;
  uint64_t round = 0;
  std::vector<listed_record> records;
  /// P2: keys of prepared parts that the prefix covers.
  std::vector<locked_key> locked = {};
  std::vector<watched_entry> undecided;
  bool exact = false; // as in `copy_request`
};

/// Agent -> shard: a submission that has passed it.
struct home_submit {
  submit what;
  peer origin;
  /// Machines that hold copies of touched keys.
  std::vector<participant> enlisted;
  /// The home's disk has no room: a new command is refused.
  bool disk_full = false;
  /// What the other shards of the command are known to have committed.
  std::vector<std::pair<shard_id, sequence>> known;
};

/// Agent -> shard: a part of a command over several shards that has passed it.
struct home_part {
  part_prepare what;
  peer from; // the deciding home
  std::vector<participant> enlisted;
  bool disk_full = false;
};

/// Agent -> shard: the prefixes of all policies in force. From now on entries
/// under them are watched, and those that are undecided are told.
struct policy_ask {
  shard_id shard;
  term of;
  std::vector<std::string> prefixes;
};

/// Shard -> agent: undecided entries under the policies. They wait for the
/// agent's `holders_ready` of `round`, as those of a new copy (D3).
struct policy_data {
  shard_id shard;
  term of;
  sequence as_of;
  uint64_t round = 0;
  std::vector<watched_entry> undecided;
};

/// Agent -> the agents of this machine's other shards: a machine that a policy
/// names has not answered.
struct observer_silent {
  peer who;
  std::string policy; // one that names it
};

/// Agent -> shard: data for a holder that is in the directory.
struct copy_ask {
  shard_id shard;
  term of;
  peer holder;
  std::string prefix;
  bool exact = false; // as in `copy_request`
};

/// One holder's acknowledgement of one entry.
struct holder_ack {
  sequence at;
  acknowledgement ack;
};

/// Agent -> shard: every holder of every watched entry up to `upto` has
/// acknowledged or is expelled (C1).
struct holders_ready {
  shard_id shard;
  term of;
  uint64_t round = 0;
  sequence upto;
  std::vector<holder_ack> acks;
};

/// Something an operator should know.
struct note_effect {
  bool warning = false;
  std::string what;
  std::string detail;
};

using shard_effect = std::variant<
  persist_effect, checkpoint_effect, send_effect, send_home_effect,
  publish_begin, publish_drop, publish_lease, publish_invalid, publish_silent,
  publish_put, publish_erase, publish_whole, publish_prefix, publish_no_prefix,
  publish_evict, swap_effect, require_effect, release_effect, renew_effect,
  cover_effect, uncover_effect, members_effect, refresh_effect, home_started,
  home_stopped, directory_ask, home_resumed, entries_prepared,
  entries_committed, copy_data, policy_data, note_effect>;

using shard_effects = std::vector<shard_effect>;

} // namespace muster
