// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/policy_observer.hpp"

#include <optional>

namespace muster {

/// The shell of `policy_observer`, and who tells the log of the policies.
struct policy_agent_actor_state {
  static inline const char* name = "policies";

  machine_environment* env = nullptr;
  std::optional<policy_observer> core;
  policy_observer_effects effects;
  /// Of the policies that the log was told.
  uint64_t told_version = 0;

  void dispatch();
  void tell_changes();
};

policy_agent_actor::behavior_type policy_agent_behavior(
  metered<policy_agent_actor, policy_agent_actor_state>* self,
  machine_environment* env);

} // namespace muster
