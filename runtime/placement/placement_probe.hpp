// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/criterion.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace muster {

/// What an allocator counts. Thread-safe.
struct placement_probe {
  using count = std::atomic<uint64_t>;

  count placed{0};
  count refused{0};
  /// Refusals in which a criterion excluded somebody whom none before it did.
  std::array<count, criterion_count> refused_by{};
  /// Attempts that lost a race.
  count conflicts{0};
  count released{0};
  count expired{0};
  count decisions{0};
  count decision_nanoseconds{0};
};

} // namespace muster
