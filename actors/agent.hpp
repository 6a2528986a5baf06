// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"

#include <map>

namespace muster {

/// The shell of the agents of all shards whose home is this machine; on a
/// switch, of all shards of which its rack wants copies.
struct agent_actor_state {
  static inline const char* name = "agent";

  machine_environment* env = nullptr;
  std::map<shard_id, home_agent> cores;
  agent_effects effects;
  member_list members;

  /// The shard's core; made when it is first needed.
  home_agent& core(shard_id shard);
  void take(const peer& from, submit& x);
  void take(const peer& from, relayed& x);
  void take(const peer& from, part_prepare& x);
  void dispatch();
};

agent_actor::behavior_type
agent_behavior(metered<agent_actor, agent_actor_state>* self,
               machine_environment* env);

} // namespace muster
