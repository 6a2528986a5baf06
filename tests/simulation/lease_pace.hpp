// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/production_machine.hpp"

namespace muster::sim {

/// In half of all runs few leases or none are renewed often without being in
/// use, as in a cluster of many machines; the others are renewed seldom.
inline void draw_lease_pace(sim_random random, cluster_shape& out) {
  if (!random.chance(500))
    return;
  auto witnesses = random.below(3);
  auto idle_renewals = static_cast<int>(2 + random.below(39));
  out.adjust = [witnesses, idle_renewals](machine_facts& x) {
    x.shard.lease.witnesses = witnesses;
    x.shard.lease.idle_renewals = idle_renewals;
  };
}

} // namespace muster::sim
