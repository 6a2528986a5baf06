// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/sim_random.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <cstdint>
#include <vector>

namespace muster::sim {

/// All actors of all simulated machines, in one system without threads: an
/// actor works only while `run_ready` runs it, one message a turn.
///
/// A system serves one world; machines of one world share nothing but it.
class sim_actors {
public:
  /// @param config  with the message types loaded; outlives this, and gets
  ///        its scheduler set
  explicit sim_actors(caf::actor_system_config& config);

  /// Ends every actor that still lives.
  ~sim_actors();

  sim_actors(const sim_actors&) = delete;
  sim_actors& operator=(const sim_actors&) = delete;

  caf::actor_system& system() {
    return system_;
  }

  /// Lets a random one of the actors that have a message handle one, until no
  /// actor has any. Returns how many were handled.
  size_t run_ready(sim_random& random);

  /// Kills actors as a crash does: each handles nothing but its end, whatever
  /// else waits in its mailbox.
  void kill(const std::vector<caf::actor>& actors);

  /// Messages handled so far.
  uint64_t handled_count() const {
    return handled_count_;
  }

private:
  static caf::actor_system_config& testing(caf::actor_system_config& config);

  caf::actor_system system_;
  caf::scheduler::test_coordinator& jobs_;
  uint64_t handled_count_ = 0;
};

} // namespace muster::sim
