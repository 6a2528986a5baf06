// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/shard_replica.hpp"

#include <memory>
#include <optional>

namespace muster {

/// The shell of `shard_replica`: carries its effects out, in order.
struct shard_actor_state {
  static inline const char* name = "shard";

  machine_environment* env = nullptr;
  std::optional<shard_replica> core;
  shard_effects effects;
  std::optional<session_keeper> sessions;
  uint64_t tick_count = 0;

  void dispatch();
  /// Ends sessions of users that are not renewed, if this is the home.
  void look_at_sessions(boot_time now);
  void take_result(const command_result& x);
};

/// Spawns one shard's actor over a core that has recovered its store's state.
shard_actor::behavior_type
shard_behavior(metered<shard_actor, shard_actor_state>* self,
               machine_environment* env,
               const std::shared_ptr<shard_replica>& core);

} // namespace muster
