// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/policy.hpp"
#include "runtime/machine.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace muster {

// Policies through any machine of the cluster. They are records like others, so
// a program may also read and watch them below `policies_prefix`.

struct policy_options {
  /// True: a policy of that name may be there already.
  bool replace = false;
  std::chrono::nanoseconds timeout = std::chrono::seconds{5};
};

struct policy_added {
  command_answer answer;
  /// Registered machines that did not acknowledge it: dead, or cut off. What
  /// they decide, they decide without it until they are back. All others go by
  /// it from now on.
  std::vector<machine_id> unaware;
};

struct policy_record {
  policy what;
  sequence version;
  /// Why it is ignored; empty: it is in force.
  std::string problem;
};

/// Adds a policy, or replaces it.
/// Errors: `invalid_argument` (`check_policy`); `refused`: the name is taken;
/// `overloaded`: there are `policies_max`; `unavailable`, `timed_out`,
/// `unknown` as of any command.
result<policy_added> add_policy(machine& node, const policy& x,
                                policy_options how = {});

/// Errors: `not_found`; `refused`: it was changed meanwhile; as of any command.
result<command_answer> remove_policy(machine& node, const std::string& name,
                                     std::chrono::nanoseconds timeout);

/// Errors: `not_found`; as `machine::get`.
result<policy_record> find_policy(machine& node, const std::string& name,
                                  std::chrono::nanoseconds timeout);

/// All of them, by name. Errors: as `machine::list`.
result<std::vector<policy_record>>
list_policies(machine& node, std::chrono::nanoseconds timeout);

} // namespace muster
