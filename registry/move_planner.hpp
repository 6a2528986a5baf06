// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace muster {

struct planner_options {
  /// Copies of each shard.
  uint32_t replication = 3;
  /// A machine whose liveness hint has been away for so long is replaced, if
  /// another one is there. Shorter = sooner whole again; longer = a restart
  /// moves nothing. 0 = never, but for one that is no member any more: it is
  /// replaced at once.
  nanoseconds dead_after = std::chrono::seconds{30};
  /// Whether machines with fewer shards take some of those with more.
  bool balance = true;
  /// Orders of one machine under way.
  size_t orders_max = 4;
  /// An order whose effect is not seen after so long is given again.
  nanoseconds order_timeout = std::chrono::seconds{15};
  /// Until then an order that is still called for is told again at these
  /// intervals, and another one takes its place if that is called for: the
  /// home may have been about to end another order.
  nanoseconds order_repeat = std::chrono::seconds{2};
  /// A learner that has not come in sync after so long, its disk being full
  /// perhaps, is replaced, if another machine is there.
  nanoseconds learner_patience = std::chrono::minutes{5};
};

/// What is known of the cluster: one read of the coordinator.
struct cluster_facts {
  std::vector<member> members;
  /// A hint.
  std::vector<machine_id> alive;
  /// Machines that all shards shall leave.
  std::vector<machine_id> draining;
  std::vector<assignment> shards;
};

/// Who moves where: for each shard whose primary this machine is, what is to
/// change about its replicas. Every machine plans for its own shards; the
/// coordinator's compare and the primary's rules decide, so two plans that do
/// not know of each other cost a move too many and nothing else.
///
/// For each shard, the first of these that there is something to do about:
/// (1) a replica's machine is dead, or a learner for too long; (2) or draining;
/// (3) there are too few replicas; (4) or too many; (5) the shards are
/// distributed unevenly.
///
/// Not thread-safe; owned by one actor.
class move_planner {
public:
  move_planner(machine_id self, planner_options options);

  /// The orders that are to be told now; one may have been told before.
  std::vector<move_order> plan(const cluster_facts& x, boot_time now);

private:
  struct given {
    move_order what;
    boot_time at{};
    boot_time told{};
  };

  /// One planning: the facts, made fit for questions.
  struct view;

  void find_stuck(const cluster_facts& x, boot_time now,
                  std::set<std::pair<shard_id, machine_id>>& out);
  void repeat(const view& v, boot_time now, std::vector<move_order>& out);
  void forget_done(const cluster_facts& x, boot_time now);
  std::optional<move_order> for_shard(const view& v, const assignment& a) const;
  std::optional<move_order> to_balance(const view& v,
                                       const assignment& a) const;

  machine_id self_;
  planner_options options_;
  std::map<machine_id, boot_time> gone_since_;
  std::map<shard_id, given> given_;
  /// Who was to join a shard and did not.
  std::set<std::pair<shard_id, machine_id>> failed_;
  std::map<std::pair<shard_id, machine_id>, boot_time> learns_since_;
};

/// The order with which `to` becomes the primary of a shard: it joins if it is
/// no replica, and then the present primary leaves if there would be more
/// than `replication`.
/// Errors: `not_found` (no such shard or machine), `invalid_argument` (it
/// stores nothing), `unavailable` (no primary).
result<move_order> order_to_move(const cluster_facts& x, shard_id shard,
                                 const machine_id& to, uint32_t replication);

/// Whether all shards can leave `id`. Errors: `not_found`; `unavailable`: too
/// few other machines would be left for `replication` copies.
status may_drain(const cluster_facts& x, const machine_id& id,
                 uint32_t replication);

/// Whether the member record of `id` may be deleted: it holds no shard and is
/// not alive. With `force` only that it is registered matters; its replicas
/// are replaced at once.
/// Errors: `not_found`; `in_use` says which of both.
status may_remove(const cluster_facts& x, const machine_id& id, bool force);

/// How many shards have a replica on `id`.
size_t shards_on(const cluster_facts& x, const machine_id& id);

} // namespace muster
