// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/scale_traffic.hpp"

namespace muster::sim {

/// One measured write, by its name in messages.
struct write_name {
  command_id id;
  shard_id shard;
  sequence at;
};

/// What one write cost, and whom.
struct write_cost {
  machine_id home;
  /// From its origin's `submit` to the answer there.
  nanoseconds latency{};
  /// Until the last holder may serve the new value.
  nanoseconds everywhere{};
  /// Sent by the home for this write: until it answered, the answer included,
  /// and after that.
  traffic_by_kind home_before;
  traffic_by_kind home_after;
  /// Of these, invalidations to others than switches.
  uint64_t invalidations_past_switches = 0;
  /// Other messages of the data lane that the home sent meanwhile.
  uint64_t home_other_messages = 0;
  /// Sent by any machine for this write, the home too.
  traffic_by_kind all;
};

/// Whether the message is there because of this write. A message that tells of
/// everything up to a sequence (`validate`, `commit`, `prepare_ack`) is not
/// asked whether it is the first that tells of this one.
bool concerns(const wire_message& what, const write_name& write);

/// Reckons the cost from what the meter noted since before the write.
write_cost cost_of(const traffic_meter& meter, const write_name& write,
                   const machine_id& home, world_time submitted,
                   world_time answered);

} // namespace muster::sim
