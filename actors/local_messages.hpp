// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/command.hpp"
#include "registry/listed_record.hpp"
#include "registry/messages.hpp"
#include "registry/rack_effects.hpp"
#include "registry/remote_reads.hpp"
#include "registry/shard_effects.hpp"
#include "registry/watch_position.hpp"

#include <optional>
#include <string>
#include <vector>

namespace muster {

// Messages between the actors of one machine; they never leave it.

/// Time has passed; sent to every actor that waits for something. Actors set
/// no timers of their own, so that the simulation owns time.
struct tick {};

/// A lease request of this peer has arrived: it is alive.
struct heard {
  peer who;
};

/// Whether this machine's clock is the one that is wrong (T2).
struct own_clock {
  bool doubted = false;
};

/// Our connection to this peer is usable (again).
struct link_up {
  peer who;
};

/// Store -> shard.
struct durable {
  uint64_t token = 0;
};

struct checkpointed {
  sequence upto;
};

/// Shard -> store.
struct persist_request {
  shard_id shard;
  uint64_t token = 0;
  std::vector<log_change> changes;
};

struct checkpoint_request {
  shard_id shard;
  checkpoint_effect what;
};

/// Shard -> coordinator client, and what became of it.
struct swap_request {
  assignment proposed;
  epoch expected;
};

struct swap_done {
  nonce writer;
  bool landed = false;
  bool conflict = false;
  epoch at;
};

/// Shard -> membership: members read at a revision not below `at_least` (F1).
struct members_request {
  shard_id shard;
  epoch at_least;
};

/// Shard -> membership: read the assignments now.
struct refresh_request {};

/// Membership -> everyone.
struct member_list {
  /// The revision of the read, and of the newest change of membership in it.
  epoch at;
  epoch changed_at;
  std::vector<member> members;
};

/// Coordinator client -> membership: everything under the cluster's prefix.
struct cluster_read {
  bool ok = false;
  std::string problem;
  epoch at;
  epoch changed_at;
  std::vector<member> members;
  std::vector<assignment> assignments;
  /// Machines whose liveness key is there: a hint.
  std::vector<machine_id> alive;
  /// Machines that all shards shall leave.
  std::vector<machine_id> draining;
  /// The modification revision of this incarnation's own `members` entry; 0:
  /// it was removed, or another incarnation has registered.
  uint64_t own_registration = 0;
};

/// Membership -> coordinator client.
struct read_cluster {};

struct write_bootstrap {
  std::vector<assignment> assignments;
};

struct keep_alive {};

/// Shard -> lease keeper.
struct require_leases {
  shard_id shard;
  require_effect what;
};

struct release_leases {
  shard_id shard;
};

struct renew_lease {
  machine_id granter;
};

struct start_cover {
  peer who;
  cover what;
  lease_backing under = {};
};

struct stop_cover {
  peer who;
  cover what;
  uint64_t number = 0;
};

/// User -> copies.
struct pin_prefix {
  std::string prefix;
  bool on = true;
};

/// User -> command object.
struct begin_command {
  command what;
  shard_id shard;
  uint64_t slot = 0;
  uint64_t ticket = 0;
  sequence born;
  boot_time deadline;
};

/// User -> command object: answer the ticket with the story so far; not `found`
/// if nothing is in flight any more.
struct tell_story {
  uint64_t ticket = 0;
};

/// Command object -> the actor of this machine that wanted the command.
struct command_result {
  uint64_t number = 0;
  outcome what = outcome::unknown;
  /// See `command_answer`.
  sequence born;
};

/// Machine -> presence: it stops; answer the ticket when its session has ended.
struct farewell {
  uint64_t ticket = 0;
  nanoseconds patience{};
};

/// Reader -> the machine's own inventory: the records below its key; nothing:
/// they could not be read.
struct own_records {
  uint64_t number = 0;
  std::optional<std::vector<listed_record>> records;
};

/// User -> reader.
struct ask_home {
  remote_question what;
};

struct ask_explain {
  uint64_t ticket = 0;
  command_id id;
  boot_time deadline;
};

/// Who holds the policies -> agent: they are others than before.
struct policies_changed {};

/// Operator -> reader: hand it to the shard's primary.
struct ask_move {
  uint64_t ticket = 0;
  move_order what;
};

struct begin_watch {
  uint64_t ticket = 0;
  std::string prefix;
  watch_position from; // empty: from now on
};

struct end_watch {
  uint64_t ticket = 0;
};

} // namespace muster
