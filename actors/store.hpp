// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"

namespace muster {

/// Hands changes to the store port; its callbacks become messages.
struct store_actor_state {
  static inline const char* name = "store";

  machine_environment* env = nullptr;
};

store_actor::behavior_type
store_behavior(metered<store_actor, store_actor_state>* self,
               machine_environment* env);

} // namespace muster
