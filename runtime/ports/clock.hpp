// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

namespace muster {

/// The only source of time (T1). Thread-safe.
/// Implementations: `runtime/boot_clock_source` (CLOCK_BOOTTIME), the
/// simulation's virtual clock with a rate of its own for each machine.
class clock_source {
public:
  virtual ~clock_source() = default;

  /// Nanoseconds since boot; never goes back, includes suspended time.
  virtual boot_time now() const = 0;
};

} // namespace muster
