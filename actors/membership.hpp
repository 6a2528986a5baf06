// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/coordinator_watch.hpp"

#include <optional>
#include <vector>

namespace muster {

/// Follows the coordinator (M5: hints and polls) and tells everyone what is
/// new; makes the first assignments when all first machines are there.
struct membership_actor_state {
  static inline const char* name = "membership";

  machine_environment* env = nullptr;
  bool reading = false;
  bool again = false; // asked for while a read was under way
  boot_time next_read{};
  boot_time next_keep_alive{};
  boot_time read_since{};
  coordinator_watch watch;
  std::vector<members_request> waiting;
  std::vector<member> known;
  std::vector<assignment> newest; // by shard id
  bool told_members = false;
  std::optional<move_planner> planner;

  void read();
  void take(const cluster_read& x);
  /// @returns whether the read may be believed
  bool judge(const cluster_read& x);
  void tell_members(const cluster_read& x);
  void tell_assignments(const cluster_read& x);
  void answer_waiting(const cluster_read& x);
  void plan_moves(const cluster_read& x);
  void bootstrap_if_due(const cluster_read& x);
  void on_tick(boot_time now);
};

membership_actor::behavior_type
membership_behavior(metered<membership_actor, membership_actor_state>* self,
                    machine_environment* env);

/// The first assignments: no primary, replicas in turn over the machines that
/// store data (M1).
std::vector<assignment> first_assignments(const std::vector<member>& members,
                                          uint32_t shard_count,
                                          uint32_t replication);

} // namespace muster
