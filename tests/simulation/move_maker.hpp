// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "tests/simulation/production_machine.hpp"
#include "tests/simulation/sim_random.hpp"
#include "tests/simulation/sim_world.hpp"

#include <vector>

namespace muster::sim {

/// An operator who moves shards at random while everything else goes on: homes
/// to other replicas, replicas to other machines, sets larger and smaller, and
/// machines that are to be empty for a while.
///
/// Not thread-safe; lives as long as the world.
class move_maker {
public:
  /// @param mean  between two moves; 0 = never
  move_maker(sim_world& world, const cluster_shape& shape, nanoseconds mean,
             sim_random random);

  void begin();

  /// No new moves, nothing is drained any more.
  void stop();

  size_t ordered_count() const {
    return ordered_count_;
  }

private:
  void again();
  void order_one();
  void drain_one();
  move_order draft(const assignment& a);
  /// Storing machines; with or without those that are replicas of it.
  std::vector<machine_id> machines(const assignment& a, bool replicas) const;
  template <class T>
  const T& some(const std::vector<T>& all) {
    return all[random_.below(all.size())];
  }

  sim_world& world_;
  cluster_shape shape_;
  nanoseconds mean_;
  sim_random random_;
  machine_id drained_;
  size_t ordered_count_ = 0;
  bool stopped_ = false;
};

} // namespace muster::sim
