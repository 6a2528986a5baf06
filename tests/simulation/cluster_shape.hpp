// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "registry/key_copies.hpp"
#include "registry/move_planner.hpp"
#include "registry/read_interest.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace muster::sim {

/// The cluster that a run simulates.
struct cluster_shape {
  uint32_t shard_count = 6;
  uint32_t replication = 3;
  /// m1, m2, ...: the first store data, the others only hold copies.
  uint32_t storing_count = 3;
  uint32_t holding_count = 2;
  size_t commands_max = 64;
  /// Re-replication; without it no machine is ever replaced.
  planner_options moves{3, nanoseconds{0}, false, 4, std::chrono::seconds{15}};
  /// What each machine mirrors, again after every start.
  std::map<machine_id, std::vector<std::string>> mirrors;
  /// Copies of single keys; without memory there are none.
  key_copy_options key_copies{0, 16, 3, 2};
  interest_options interest{2, 64};
  size_t keys_max = 24;
  /// s1, s2, ...: they store nothing and mirror nothing.
  uint32_t switch_count = 0;
  /// Changes what a machine is told at its start; none: nothing.
  std::function<void(machine_facts&)> adjust;
  /// Which machine is behind which switch.
  std::map<machine_id, machine_id> behind;

  uint32_t first_count() const {
    return storing_count + holding_count;
  }

  /// Whether the machine stores data; one that joins later does.
  bool stores(const machine_id& id) const {
    if (is_switch(id))
      return false;
    auto number = std::stoul(id.value.substr(1));
    return number <= storing_count || number > first_count();
  }

  static bool is_switch(const machine_id& id) {
    return id.value.front() == 's';
  }

  /// Whether one of these stores nothing and mirrors something.
  bool has_holder(const std::vector<machine_id>& machines) const;

  /// Whether such a one is behind a switch that is there as well.
  bool has_rack(const std::vector<machine_id>& machines) const;
};

} // namespace muster::sim
