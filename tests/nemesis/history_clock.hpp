// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <time.h>

namespace muster::nemesis {

/// The one clock of a history, in nanoseconds: the same for all processes of
/// the host, and not stopped by its sleep.
inline int64_t history_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

} // namespace muster::nemesis
