// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/fields.hpp"
#include "registry/ids.hpp"

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace muster {

/// One try to commit a command over several shards (3.7, P5): the entry of the
/// deciding shard's log that prepared it. No two attempts share a name, since
/// (term, sequence) names an entry for ever; and an attempt whose entry is not
/// in that log can never be decided, so whoever acts as the deciding shard may
/// answer that it is aborted.
struct attempt_name {
  shard_id decider;
  term of;
  sequence at;

  auto operator<=>(const attempt_name&) const = default;

  MUSTER_FIELDS(attempt_name, decider, of, at)

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& decider& of& at;
  }
};

/// What a shard's part of such a command would do, evaluated at its prepare
/// entry; the locks keep it true until the decision.
struct part_plan {
  /// Whether the part's guards hold. If the command has no other operations a
  /// part whose guards do not hold is refused, and none is kept.
  bool holds = true;
  /// If all guards of the command hold.
  plan operations;
  /// If one of them does not.
  plan otherwise;

  const plan& branch(bool other) const {
    return other ? otherwise : operations;
  }

  bool operator==(const part_plan&) const = default;

  MUSTER_FIELDS(part_plan, holds, operations, otherwise)

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& holds& operations& otherwise;
  }
};

/// A prepared part of such a command, from its committed prepare entry until
/// the decision's (P2): its keys are locked.
struct prepared_part {
  attempt_name attempt;
  /// This shard's prepare entry.
  sequence at;
  /// The other shards that take part; only the deciding shard knows them.
  std::vector<shard_id> others;
  std::vector<std::string> keys;
  part_plan what;

  bool operator==(const prepared_part&) const = default;
};

/// A committed decision that not every participant is known to have carried
/// out (P3).
struct open_decision {
  attempt_name attempt;
  std::vector<shard_id> others;
  /// The command's other operations are done.
  bool otherwise = false;

  bool operator==(const open_decision&) const = default;
};

/// Every shard with a key of the command, ascending: the first one decides.
/// @pre `check_command(x)` passed
std::vector<shard_id> shards_of(const command& x, uint32_t shard_count);

/// The guards and operations of one shard, under the same id.
command part_of(const command& x, shard_id shard, uint32_t shard_count);

/// Writes `by` over the effects of the same keys.
void overwrite(std::vector<effect>& all, const std::vector<effect>& by);

/// Evaluates a part of a command.
/// @param either  the command has other operations, if only in other shards
/// @returns the plan; `refusal` is what refuses the command whatever the other
///          parts say, empty: nothing
struct planned_part {
  std::string refusal;
  part_plan what;
};
planned_part plan_part(const command& part, bool either,
                       const record_source& state);

/// The counters of the whole command, in the order of the `add` operations.
/// @param xs     the branch of the command that is carried out
/// @param parts  each shard's, in the order of its own
std::vector<int64_t>
join_counters(const std::vector<operation>& xs, uint32_t shard_count,
              const std::map<shard_id, std::vector<int64_t>>& parts);

} // namespace muster
