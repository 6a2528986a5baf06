// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/fields.hpp"
#include "registry/flow.hpp"
#include "registry/ids.hpp"
#include "registry/listed_record.hpp"
#include "registry/move_messages.hpp"
#include "registry/policy_messages.hpp"
#include "registry/story.hpp"
#include "registry/transaction_messages.hpp"
#include "registry/watch_messages.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace muster {

// Every message between machines. The sender and its incarnation are known
// from the authenticated connection; `to` is the incarnation that is meant, and
// any other one ignores the message (T4).

// -- leases (lane::lease) -----------------------------------------------------

/// Which of the three kinds of covering a lease does for a shard (T3).
enum class cover_kind : uint8_t {
  /// A backup covers the primary: the primary's authority.
  authority,
  /// A primary covers a replica that has all committed entries, for reads.
  replica,
  /// An agent covers a holder of copies, for reads.
  copy,
};

/// One (shard, term) pair that a lease covers, and its session.
struct cover {
  shard_id shard;
  cover_kind kind = cover_kind::authority;
  term of;
  session in;

  MUSTER_FIELDS(cover, shard, kind, of, in)
  auto operator<=>(const cover&) const = default;
};

/// Holder -> granter. Sent after the holder took `t0` (T2).
struct lease_request {
  uint64_t number = 0;
  incarnation to;
  /// The newest list of covers that the holder has from this granter.
  uint64_t covers_known = 0;

  MUSTER_FIELDS(lease_request, number, to, covers_known)
};

/// S2: what is left to a holder of a cover whose granter, a switch, holds a
/// lease of it itself: less than the lease of the pair.
struct cover_limit {
  shard_id shard;
  int64_t granted_ns = 0;

  MUSTER_FIELDS(cover_limit, shard, granted_ns)
};

/// Granter -> holder: the pair's lease and what it covers.
struct lease_grant {
  uint64_t number = 0;
  incarnation to;
  /// The number of the list; `covers` is empty if the holder has it already.
  uint64_t covers_version = 0;
  bool unchanged = false;
  std::vector<cover> covers;
  /// The granter's clock after it received the request; for `rate_watch`.
  int64_t clock_ns = 0;
  /// Of each copy that a switch covers, also if the list is unchanged.
  std::vector<cover_limit> limits = {};

  MUSTER_FIELDS(lease_grant, number, to, covers_version, unchanged, covers,
                clock_ns, limits)
};

// -- commands -----------------------------------------------------------------

/// Origin -> home agent: one attempt of a command.
struct submit {
  shard_id shard;
  /// Where the origin keeps the command object; comes back in the answer.
  uint64_t slot = 0;
  command what;
  uint32_t attempt = 1;
  /// The shard's sequence that the origin knew at creation (C3).
  sequence born;

  MUSTER_FIELDS(submit, shard, slot, what, attempt, born)
};

/// Switch -> home agent: the first attempt of a machine of its rack.
struct relayed {
  peer origin;
  submit what;

  MUSTER_FIELDS(relayed, origin, what)
};

/// Agent -> command object: machines that must take part.
struct enlist {
  uint64_t slot = 0;
  command_id id;
  std::vector<participant> who;

  MUSTER_FIELDS(enlist, slot, id, who)
};

/// Home -> command object: what became of one attempt.
struct verdict {
  uint64_t slot = 0;
  command_id id;
  uint32_t attempt = 0;
  outcome what = outcome::unknown;
  sequence version;
  std::string detail;
  std::vector<int64_t> counters;
  std::vector<acknowledgement> acknowledged;
  /// refused: whether the refusal is a log entry (C3).
  bool logged = false;
  /// unknown: the id was born below the floor.
  bool below_floor = false;
  /// What the shard has committed: every command that is decided from now on
  /// gets a sequence above it, in this term or a later one.
  sequence reached;
  /// refused: the id is another command's (see `command_answer`).
  bool id_reused = false;
  /// committed: the other operations were done.
  bool otherwise = false;

  MUSTER_FIELDS(verdict, slot, id, attempt, what, version, detail, counters,
                acknowledged, logged, below_floor, reached, id_reused,
                otherwise)
};

// -- reads --------------------------------------------------------------------

/// Reader -> home agent.
struct read_request {
  uint64_t ticket = 0;
  shard_id shard;
  std::string key;

  MUSTER_FIELDS(read_request, ticket, shard, key)
};

/// Home -> reader. `answered` false: it cannot now; ask again after a pause.
struct read_reply {
  uint64_t ticket = 0;
  bool answered = false;
  bool found = false;
  std::string value;
  sequence version;
  epoch at;

  MUSTER_FIELDS(read_reply, ticket, answered, found, value, version, at)
};

struct list_request {
  uint64_t ticket = 0;
  shard_id shard;
  std::string prefix;

  MUSTER_FIELDS(list_request, ticket, shard, prefix)
};

/// One cut of the shard. `too_large`: more than fits into one message.
struct list_reply {
  uint64_t ticket = 0;
  shard_id shard;
  bool answered = false;
  bool too_large = false;
  epoch at;
  std::vector<listed_record> records;

  MUSTER_FIELDS(list_reply, ticket, shard, answered, too_large, at, records)
};

// -- copies (one FIFO lane, D1) -----------------------------------------------

/// Holder -> home agent. `link.in` = the session it holds a lease of; 0 =
/// none: the agent answers with `copy_session`.
struct copy_request {
  flow link;
  std::string prefix;
  /// Only this key is asked for, there or absent, and nothing below it (D6).
  bool exact = false;

  MUSTER_FIELDS(copy_request, link, prefix, exact)
};

/// Home agent -> holder: the next lease covers this session; ask again then.
struct copy_session {
  flow link;

  MUSTER_FIELDS(copy_session, link)
};

/// A key that is silent until a later entry than `at` writes it (P2).
struct locked_key {
  std::string key;
  sequence at;

  MUSTER_FIELDS(locked_key, key, at)
};

/// Home agent -> holder: records of one prefix as of one committed sequence,
/// in chunks 0, 1, ... (D2). Of one key: one chunk.
struct copy_grant {
  flow link;
  grant_number grant;
  std::string prefix;
  sequence as_of;
  uint32_t chunk = 0;
  bool last = false;
  std::vector<listed_record> records;
  /// With the last chunk.
  std::vector<locked_key> locked = {};
  bool exact = false; // as in `copy_request`

  MUSTER_FIELDS(copy_grant, link, grant, prefix, as_of, chunk, last, records,
                locked, exact)
};

/// Home agent -> holder: these keys are being changed by entry `at`.
struct invalidate {
  flow link;
  grant_number grant;
  sequence at;
  std::vector<effect> effects;
  /// For a switch, which enlists its rack: the command, and where its object
  /// is. Empty for others.
  command_id id = {};
  machine_id origin = {};
  uint64_t slot = 0;

  MUSTER_FIELDS(invalidate, link, grant, at, effects, id, origin, slot)
};

/// Holder -> home agent: marked, silent.
struct invalidate_ack {
  flow link;
  grant_number grant;
  sequence at;
  /// From a switch: the word of each of its holders (S1), for the story.
  std::vector<acknowledgement> behind = {};

  MUSTER_FIELDS(invalidate_ack, link, grant, at, behind)
};

/// Switch -> home agent: it is alive, and waits for its rack (S1, T6).
struct rack_waiting {
  flow link;
  grant_number grant;
  sequence at;

  MUSTER_FIELDS(rack_waiting, link, grant, at)
};

/// Home agent -> holder: every entry up to `upto` is committed.
struct validate {
  flow link;
  sequence upto;

  MUSTER_FIELDS(validate, link, upto)
};

/// Holder -> home agent: it has given the copy up, or does not know the grant.
struct copy_drop {
  flow link;
  grant_number grant;
  /// For whoever reads a trace; empty if it is not known. The number says all.
  std::string prefix;

  MUSTER_FIELDS(copy_drop, link, grant, prefix)
};

/// Home agent -> reader's copies: a copy of this key is worth having (D6). A
/// hint: who wants one asks for it. `link.in` says nothing.
struct copy_offer {
  flow link;
  std::string key;

  MUSTER_FIELDS(copy_offer, link, key)
};

// -- the log ------------------------------------------------------------------

/// The last entry that a term wrote into a log.
struct term_mark {
  term of;
  sequence last;

  MUSTER_FIELDS(term_mark, of, last)
  bool operator==(const term_mark&) const = default;
};

/// Replica -> primary: it is not joined to the primary's term.
struct join_request {
  shard_id shard;
  incarnation to;
  store_id store;
  /// What it knows to be the term; the primary answers only its own.
  term known;
  /// The session it is joined in; 0 = none.
  session in;
  /// Its log is whole: no snapshot was being installed when it stopped.
  bool complete = true;
  /// Its committed base and its last entry; 0, 0: it has nothing.
  sequence base;
  sequence last;

  MUSTER_FIELDS(join_request, shard, to, store, known, in, complete, base, last)
};

/// Primary -> replica: the first message of a term or session (L3). The
/// marks describe the primary's log from its base; the replica deletes
/// everything after the last entry that it shares.
struct join {
  flow link;
  /// Of the assignment that the primary acts on: an older one does not tell who
  /// is a replica now.
  epoch at;
  sequence base;
  term base_term;
  sequence committed;
  std::vector<term_mark> marks;

  MUSTER_FIELDS(join, link, at, base, base_term, committed, marks)
};

/// In `joined::shared`: the two logs have no entry in common.
constexpr sequence nothing_shared{UINT64_MAX};

/// Replica -> primary: joined, durable; its log now ends at `shared`.
struct joined {
  flow link;
  store_id store;
  /// The last entry that both logs have; `nothing_shared`: send a snapshot.
  sequence shared;

  MUSTER_FIELDS(joined, link, store, shared)
};

/// One row of a shard's state, as checkpoints and snapshots hold it.
struct snapshot_row {
  std::string key;
  std::string value;

  MUSTER_FIELDS(snapshot_row, key, value)
};

/// Primary -> learner: the state after entry `as_of`, in chunks 0, 1, ...
struct snapshot {
  flow link;
  epoch at; // as in `join`
  sequence as_of;
  uint32_t chunk = 0;
  bool last = false;
  std::vector<snapshot_row> rows;

  MUSTER_FIELDS(snapshot, link, at, as_of, chunk, last, rows)
};

/// Learner -> primary: chunk taken; the last one means: durable.
struct snapshot_ack {
  flow link;
  sequence as_of;
  uint32_t chunk = 0;

  MUSTER_FIELDS(snapshot_ack, link, as_of, chunk)
};

/// Primary -> replica: entries after (previous_term, previous) (L1).
struct prepare {
  flow link;
  term previous_term;
  sequence previous;
  sequence committed;
  /// Encoded `log_entry`s.
  std::vector<std::string> entries;

  MUSTER_FIELDS(prepare, link, previous_term, previous, committed, entries)
};

/// Replica -> primary: durable and silent up to `upto`.
struct prepare_ack {
  flow link;
  sequence upto;

  MUSTER_FIELDS(prepare_ack, link, upto)
};

/// Primary -> replica: every entry up to `upto` is committed.
struct commit {
  flow link;
  sequence upto;

  MUSTER_FIELDS(commit, link, upto)
};

/// Primary -> dropped backup, with the new session: it is out of the set.
struct drop_replica {
  flow link;

  MUSTER_FIELDS(drop_replica, link)
};

struct drop_ack {
  flow link;

  MUSTER_FIELDS(drop_ack, link)
};

// -- the fence (F1) -----------------------------------------------------------

/// New primary -> every registered machine: drop the copies of lower terms.
struct fence {
  shard_id shard;
  term of;
  incarnation to;

  MUSTER_FIELDS(fence, shard, of, to)
};

/// It knows the term now and refuses grants of lower ones for ever.
struct fence_ack {
  shard_id shard;
  term of;
  incarnation to;

  MUSTER_FIELDS(fence_ack, shard, of, to)
};

// -- explain ------------------------------------------------------------------

struct explain_request {
  uint64_t ticket = 0;
  command_id id;

  MUSTER_FIELDS(explain_request, ticket, id)
};

struct explain_reply {
  uint64_t ticket = 0;
  bool found = false;
  story told;

  MUSTER_FIELDS(explain_reply, ticket, found, told)
};

/// The closed set of messages; the index is the wire's tag: append only.
using wire_message = std::variant<
  lease_request, lease_grant, submit, enlist, verdict, read_request, read_reply,
  list_request, list_reply, copy_request, copy_session, copy_grant, invalidate,
  invalidate_ack, validate, copy_drop, join_request, join, joined, snapshot,
  snapshot_ack, prepare, prepare_ack, commit, drop_replica, drop_ack, fence,
  fence_ack, explain_request, explain_reply, watch_request, watch_news,
  handover, handover_ack, handover_landed, fence_done, move_request, move_reply,
  part_prepare, part_vote, part_decision, part_done, part_question, observe,
  observed, observe_done, copy_offer, rack_waiting, relayed>;

} // namespace muster
