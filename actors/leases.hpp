// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/lease_keeper.hpp"

#include <optional>

namespace muster {

/// The shell of `lease_keeper`.
struct lease_actor_state {
  static inline const char* name = "leases";

  machine_environment* env = nullptr;
  std::optional<lease_keeper> core;
  lease_effects effects;

  void dispatch();
  /// Tells the shards whose primary it is that a machine is alive.
  void tell_heard(const peer& who);
  void tell_news(const lease_news& x);
  void tell_rate(const lease_effects::rate_news& x);
  void tell_doubt(bool doubted);
};

lease_actor::behavior_type
lease_behavior(metered<lease_actor, lease_actor_state>* self,
               machine_environment* env);

} // namespace muster
