// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace muster::sim {

/// What can happen to the machines of a run, their links and the coordinator.
enum class fault : size_t {
  crash,
  power_loss,
  crash_point,
  rolling_restart,
  pause,
  join,
  leave,
  cut,
  flap,
  partition,
  reset,
  coordinator_away,
  clock_change,
  clock_beyond,
  disk_error,
  given_up,
  full_disk,
  wipe,
  damage,
};

/// By fault, as a report names it.
inline constexpr std::array<std::string_view, 19> fault_names{
  "crashes",        "power losses",  "crash points", "rolling restarts",
  "pauses",         "joins",         "leaves",       "cuts",
  "flapping links", "partitions",    "resets",       "coordinator away",
  "clock changes",  "clocks beyond", "disk errors",  "stores given up",
  "full disks",     "wipes",         "damaged disks"};

/// How often each fault happened.
struct fault_counts {
  std::array<size_t, fault_names.size()> of{};

  size_t& operator[](fault x) {
    return of[static_cast<size_t>(x)];
  }

  size_t operator[](fault x) const {
    return of[static_cast<size_t>(x)];
  }

  size_t sum() const {
    size_t out = 0;
    for (auto x : of)
      out += x;
    return out;
  }
};

} // namespace muster::sim
