// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"

namespace muster {

/// Asks the coordinator port; its callbacks become messages.
struct coordinator_actor_state {
  static inline const char* name = "coordinator";

  machine_environment* env = nullptr;

  void read_all();
  void swap(const swap_request& x);
  void bootstrap(const write_bootstrap& x);
  void stay_alive();
};

coordinator_actor::behavior_type
coordinator_behavior(metered<coordinator_actor, coordinator_actor_state>* self,
                     machine_environment* env);

/// `<keys>shards/<n>`, with leading zeros so that they sort.
std::string shard_key(const machine_facts& facts, shard_id shard);

/// Turns a read of everything under the cluster's prefix into a message; a
/// malformed value is skipped and named in `problem`.
cluster_read parse_cluster(const machine_facts& facts,
                           const coordinator_range& range);

} // namespace muster
