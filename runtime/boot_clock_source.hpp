// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/clock.hpp"

#include <time.h>

namespace muster {

/// The production clock: CLOCK_BOOTTIME, read through the vDSO (T1). Has no
/// state; thread-safe.
///
/// Rd4: the vDSO waits for all earlier loads before it reads the counter
/// (`lfence` on x86, `isb` on ARM), so a time taken after a lease word was
/// loaded is not older than that load.
class boot_clock_source final : public clock_source {
public:
  boot_time now() const override {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return boot_time{std::chrono::seconds{t.tv_sec} + nanoseconds{t.tv_nsec}};
  }
};

} // namespace muster
