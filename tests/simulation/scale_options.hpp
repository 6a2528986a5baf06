// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/fault_options.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>

namespace muster::sim {

/// A cluster that is measured, and how.
struct scale_options {
  /// Beside the switches. The first three store data and are behind no switch;
  /// the others only hold copies.
  uint32_t machines = 1000;
  uint32_t switches = 0;
  /// Everything but its records, the more shards, the more cores a machine has.
  uint32_t shards = 4;
  /// Measured writes for each number of holders.
  uint32_t writes = 7;
  size_t value_bytes = 128;
  uint64_t seed = 1;
  /// Of one packet between two machines: so long, and up to `jitter` longer.
  nanoseconds delay = 100us;
  nanoseconds jitter = 50us;
  /// Processor time of a packet at its sender, and at its receiver.
  nanoseconds packet_cost = 5us;
  /// Of one sync: so long, and up to a half longer.
  nanoseconds sync = 400us;
  /// Idle leases are renewed in so many times `lease_options::renew`; 1 = all
  /// pairs of machines renew alike. 0 = as in production.
  int idle_renewals = 0;
  /// Where each step is told as it is done; null = nowhere.
  std::ostream* progress = nullptr;
};

} // namespace muster::sim
