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
  /// Of the policies that the cores know.
  uint64_t policies_version = 0;
  /// Of the effects that are being carried out.
  std::vector<observer_silent> silent;

  /// The shard's core; made when it is first needed.
  home_agent& core(shard_id shard);
  void take(const peer& from, submit& x);
  void take(const peer& from, relayed& x);
  void take(const peer& from, part_prepare& x);
  void start(home_agent& x, const home_started& what);
  /// Tells the cores what is in force; before every other input, so that what
  /// this machine has acknowledged holds for each command after it.
  void look_at_policies();
  void take(const peer& from, read_request& x);
  void dispatch();
  void tell_silent();
};

agent_actor::behavior_type
agent_behavior(metered<agent_actor, agent_actor_state>* self,
               machine_environment* env);

} // namespace muster
