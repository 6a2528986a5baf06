// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/scale_churn.hpp"
#include "tests/simulation/scale_cluster.hpp"

#include <string>
#include <vector>

namespace muster::sim {

/// Writes of a record that so many machines hold.
struct scale_step {
  uint32_t holders = 0;
  /// In the order of the writes.
  std::vector<write_cost> writes;
  /// From the last holder's wish to hold it until all serve it.
  nanoseconds hold_time{};

  /// The write with the most messages of the home before its answer.
  const write_cost& dearest() const;
  nanoseconds median_latency() const;
  nanoseconds median_everywhere() const;
};

/// What is sent while nobody writes, in a second.
struct quiet_traffic {
  traffic home_leases;
  traffic home_data;
  /// The first holder: a machine that stores nothing.
  traffic holder_leases;
  traffic holder_data;
  /// The first switch, if there is one.
  traffic switch_leases;
  traffic switch_data;
  traffic all_leases;
  traffic all_data;
  /// Of the coordinator, by all machines.
  sim_coordinator::counters coordinator;
};

/// One cluster, measured.
struct scale_result {
  scale_options options;
  std::vector<scale_step> steps;
  quiet_traffic quiet;
  std::vector<churn_event> churn;
  /// What the simulation cost.
  double real_seconds = 0;
  double virtual_seconds = 0;
  uint64_t actor_messages = 0;
  uint64_t peak_memory_bytes = 0;
  /// Empty: everything was measured, and nothing was found wrong.
  std::string problem;
};

/// What is measured.
struct scale_parts {
  bool writes = true;
  /// What is sent while nobody writes.
  bool quiet = true;
  /// In the end machines come and go.
  bool churn = false;
};

/// Boots a cluster, lets ever more machines hold the record, and measures.
/// @param holders  ascending, not empty; all but `writes` is measured with the
///        last of these numbers
scale_result measure_scale(const scale_options& options,
                           const std::vector<uint32_t>& holders,
                           const scale_parts& parts);

} // namespace muster::sim
