// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "allocator/own_inventory.hpp"

#include <optional>

namespace muster {

/// The shell of `own_inventory`: publishes what this machine has.
struct own_inventory_actor_state {
  static inline const char* name = "inventory";

  machine_environment* env = nullptr;
  std::optional<own_inventory> core;
  /// Of the newest question or command. Begins at random: an answer to a former
  /// incarnation finds nobody.
  uint64_t last = 0;

  void on_tick();
  void read();
};

/// @pre the environment has an `inventory_codec`
own_inventory_actor::behavior_type own_inventory_behavior(
  metered<own_inventory_actor, own_inventory_actor_state>* self,
  machine_environment* env);

} // namespace muster
