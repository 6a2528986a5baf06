// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/story.hpp"
#include "registry/transaction.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

// Messages between the homes of the shards that take part in one command
// (3.7). All of them may be lost, repeated and late; each names the attempt.

/// Deciding home -> agent of a participant's home: prepare this part.
struct part_prepare {
  shard_id shard;
  attempt_name attempt;
  command what;
  /// The command has other operations, if not in this shard: a guard that does
  /// not hold is no refusal.
  bool either = false;
  /// Where the command object is, for those who are enlisted.
  peer origin;
  uint64_t slot = 0;
  /// What `shard` was known to have committed when the attempt began: one that
  /// was decided and forgotten since is not begun again (C3).
  sequence born;

  MUSTER_FIELDS(part_prepare, shard, attempt, what, either, origin, slot, born)
};

enum class vote_kind : uint8_t {
  /// Prepared, and committed as prepared (P1).
  yes,
  /// A guard or a limit: the command is refused.
  refused,
  /// A lock, a shard that cannot write: another attempt may do better.
  later,
};

/// Participant -> deciding home.
struct part_vote {
  shard_id shard; // the deciding one
  shard_id from;
  attempt_name attempt;
  command_id id;
  vote_kind what = vote_kind::later;
  std::string detail;
  /// yes: without the effects.
  part_plan planned;
  std::vector<acknowledgement> acknowledged;
  /// What the participant has committed.
  sequence reached;

  MUSTER_FIELDS(part_vote, shard, from, attempt, id, what, detail, planned,
                acknowledged, reached)
};

/// Deciding home -> participant.
struct part_decision {
  shard_id shard; // the participant
  attempt_name attempt;
  command_id id;
  bool committed = false;
  /// The other operations are done.
  bool otherwise = false;

  MUSTER_FIELDS(part_decision, shard, attempt, id, committed, otherwise)
};

/// Participant -> deciding home: its own decision entry is committed.
struct part_done {
  shard_id shard; // the deciding one
  shard_id from;
  attempt_name attempt;
  command_id id;

  MUSTER_FIELDS(part_done, shard, from, attempt, id)
};

/// Participant -> deciding home: what has been decided? (P4)
struct part_question {
  shard_id shard; // the deciding one
  shard_id from;
  attempt_name attempt;
  command_id id;

  MUSTER_FIELDS(part_question, shard, from, attempt, id)
};

} // namespace muster
