// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/policy.hpp"
#include "tests/simulation/policy_watch.hpp"
#include "tests/simulation/production_machine.hpp"
#include "tests/simulation/sim_random.hpp"
#include "tests/simulation/sim_world.hpp"

#include <string>

namespace muster::sim {

/// An operator who adds policies and removes them again while everything else
/// goes on; they name any machines, dead ones too.
///
/// Not thread-safe; lives as long as the world.
class policy_work {
public:
  policy_work(sim_world& world, policy_watch& watch, sim_random random);

  void begin();

  /// No new ones.
  void stop() {
    stopped_ = true;
  }

  /// Policies of which it was told that they are in force.
  size_t added_count() const {
    return added_count_;
  }

private:
  void again();
  void add_one();
  void remove(const std::string& name);
  policy draft();
  production_machine* usable();

  sim_world& world_;
  policy_watch& watch_;
  sim_random random_;
  bool stopped_ = false;
  size_t made_count_ = 0;
  size_t added_count_ = 0;
};

} // namespace muster::sim
