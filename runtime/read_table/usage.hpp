// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace muster::lock_free {

/// A number that the writer changes and any thread reads.
class counter {
public:
  uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

  /// Writer only. May wrap around to subtract.
  void add(uint64_t n) noexcept {
    value_.store(get() + n, std::memory_order_relaxed);
  }

  void subtract(uint64_t n) noexcept {
    add(~n + 1);
  }

  void set(uint64_t n) noexcept {
    value_.store(n, std::memory_order_relaxed);
  }

private:
  std::atomic<uint64_t> value_{0};
};

/// What the shards of one table count together; see `read_table_probe`.
struct usage {
  counter records;
  counter record_bytes;
  counter table_bytes;
  counter prefixes;
  counter growths;
  counter invalidations;
  counter refused_records;
  counter refused_prefixes;
};

} // namespace muster::lock_free
