// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/random.hpp"

#include <cassert>
#include <chrono>
#include <cstdint>

namespace muster::sim {

/// Random numbers from a seed, the same on every platform (splitmix64, Steele
/// et al. 2014; the standard's distributions differ between libraries).
///
/// Each part of the world has a generator of its own, forked from the seed, so
/// that one more number drawn here changes nothing there. Not thread-safe.
class sim_random final : public random_source {
public:
  explicit sim_random(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t next() override {
    for (;;)
      if (auto x = draw(); x != 0)
        return x;
  }

  /// From 0 to `n - 1`. @pre n > 0
  uint64_t below(uint64_t n) {
    assert(n > 0);
    // The high half of a product: no division, and a bias below n / 2^64.
    __extension__ using wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<wide>(draw()) * n) >> 64);
  }

  /// From `low` to `high`, both included.
  std::chrono::nanoseconds between(std::chrono::nanoseconds low,
                                   std::chrono::nanoseconds high) {
    assert(low <= high);
    auto width = static_cast<uint64_t>((high - low).count()) + 1;
    return low + std::chrono::nanoseconds{static_cast<int64_t>(below(width))};
  }

  /// True in `permille` of 1000 cases.
  bool chance(unsigned permille) {
    return permille > 0 && below(1000) < permille;
  }

  /// An independent generator; `label` tells siblings apart.
  sim_random fork(uint64_t label) const {
    sim_random child{state_ ^ (label * 0xd1342543de82ef95ull)};
    child.draw();
    return child;
  }

private:
  uint64_t draw() {
    auto z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

} // namespace muster::sim
