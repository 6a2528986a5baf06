// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace muster {

/// How many bytes of one peer were delivered and are not consumed yet, over
/// all its connections: what the next credit must leave out. Thread-safe.
class credit_account {
public:
  void delivered(uint64_t bytes) {
    outstanding_.fetch_add(bytes, std::memory_order_relaxed);
  }

  /// Takes off at most what is outstanding. Returns true if by now more than
  /// `report_bytes` were consumed since it last did, and the peer should be
  /// told.
  bool consumed(uint64_t bytes, uint64_t report_bytes) {
    auto before = outstanding_.load(std::memory_order_relaxed);
    while (!outstanding_.compare_exchange_weak(
      before, before - std::min(before, bytes), std::memory_order_relaxed)) {
      // again
    }
    auto unreported = unreported_.fetch_add(bytes, std::memory_order_relaxed);
    if (unreported + bytes <= report_bytes)
      return false;
    unreported_.store(0, std::memory_order_relaxed);
    return true;
  }

  uint64_t outstanding() const {
    return outstanding_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<uint64_t> outstanding_{0};
  std::atomic<uint64_t> unreported_{0};
};

} // namespace muster
