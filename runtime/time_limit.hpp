// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace muster {

/// The time of one call of a user, shared by what it does one after the other.
class time_limit {
public:
  explicit time_limit(std::chrono::nanoseconds x)
    : end_(std::chrono::steady_clock::now() + x) {
    // nop
  }

  /// Not negative.
  std::chrono::nanoseconds left() const {
    return std::max(end_ - std::chrono::steady_clock::now(),
                    std::chrono::nanoseconds{0});
  }

private:
  std::chrono::steady_clock::time_point end_;
};

} // namespace muster
