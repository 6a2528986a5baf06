// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"

#include <optional>

namespace muster {

/// The shell of `local_copies`.
struct copies_actor_state {
  static inline const char* name = "copies";

  machine_environment* env = nullptr;
  std::optional<local_copies> core;
  copy_effects effects;

  void begin(machine_environment& x);
  void dispatch();
};

copies_actor::behavior_type
copies_behavior(metered<copies_actor, copies_actor_state>* self,
                machine_environment* env);

} // namespace muster
