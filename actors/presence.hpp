// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/machine_presence.hpp"

#include <optional>

namespace muster {

/// The shell of `machine_presence`: keeps this machine's own session.
struct presence_actor_state {
  static inline const char* name = "presence";

  machine_environment* env = nullptr;
  std::optional<machine_presence> core;

  void on_tick();
};

presence_actor::behavior_type
presence_behavior(metered<presence_actor, presence_actor_state>* self,
                  machine_environment* env);

} // namespace muster
