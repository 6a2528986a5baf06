// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"

#include <optional>

namespace muster {

/// The shell of `command_object`: one command at a time, then back into the
/// pool.
struct command_actor_state {
  static inline const char* name = "command";

  machine_environment* env = nullptr;
  std::optional<command_object> core;
  uint64_t slot = 0;
  uint64_t ticket = 0;
  command_object::sends sends;
  /// The shards beside the one that decides.
  std::vector<shard_id> others;
  /// Kept while `where` points into it.
  std::shared_ptr<const routing_view> view;

  command_object::surroundings where(shard_id shard);
  void dispatch();
  void finish(std::optional<command_answer> x);
};

command_actor::behavior_type
command_behavior(metered<command_actor, command_actor_state>* self,
                 machine_environment* env);

} // namespace muster
