// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "tests/nemesis/interrupts.hpp"
#include "tests/nemesis/stop_flag.hpp"
#include "tests/simulation/sim_random.hpp"

#include <string>
#include <vector>

namespace muster::nemesis {

/// An operator who lets a policy over a prefix come, change and go; it names
/// any machine, also one that is away.
///
/// Owned by one thread.
class policy_maker {
public:
  policy_maker(uint64_t seed, std::string prefix,
               const std::vector<cli::server_address>& machines);

  /// Changes until the flag is set.
  void run(stop_flag& stop);

  /// Those that were answered well.
  size_t change_count() const {
    return changes_;
  }

private:
  const std::string prefix_;
  const std::vector<cli::server_address> machines_;
  sim::sim_random random_;
  size_t changes_ = 0;
};

/// When everything is well again: a policy is known to all machines, and the
/// machine that it names acknowledges the next command on its prefix.
/// Errors: `timed_out` after `until`; `corrupt`: it did not.
status check_policy_is_kept(const std::vector<cli::server_address>& machines,
                            interrupts& signals,
                            interrupts::clock::time_point until);

} // namespace muster::nemesis
