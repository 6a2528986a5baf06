// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace muster::cli {

/// The end of a command: every wait is bounded by what is left of it.
class deadline {
public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  explicit deadline(milliseconds from_now) : end_(clock::now() + from_now) {
    // nop
  }

  /// At least 1 ms, since libraries take 0 for "no limit".
  milliseconds left() const {
    auto x = std::chrono::duration_cast<milliseconds>(end_ - clock::now());
    return std::max(x, milliseconds{1});
  }

  bool over() const {
    return clock::now() >= end_;
  }

private:
  clock::time_point end_;
};

} // namespace muster::cli
