// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muster::bench {

/// Latencies in nanoseconds, each kept to within 1/32: 32 equal buckets for
/// every power of two, as HdrHistogram with two digits. Fixed size, no
/// allocation.
///
/// Not thread-safe; one a thread, then `add` them up.
class histogram {
public:
  void record(std::chrono::nanoseconds latency) {
    auto value = latency.count() > 0 ? static_cast<uint64_t>(latency.count())
                                     : uint64_t{0};
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
    max_ = value > max_ ? value : max_;
  }

  void add(const histogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i)
      buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = other.max_ > max_ ? other.max_ : max_;
  }

  uint64_t count() const {
    return count_;
  }

  std::chrono::nanoseconds max() const {
    return std::chrono::nanoseconds{max_};
  }

  /// 0 if nothing was recorded.
  std::chrono::nanoseconds mean() const {
    return std::chrono::nanoseconds{count_ == 0 ? 0 : sum_ / count_};
  }

  /// The smallest value that at least `permille` of 1,000 latencies do not
  /// exceed, rounded up to its bucket's end; 0 if nothing was recorded.
  std::chrono::nanoseconds quantile(uint64_t permille) const {
    auto rank = (count_ * permille + 999) / 1000;
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= rank && seen > 0) {
        auto end = end_of(i);
        return std::chrono::nanoseconds{end < max_ ? end : max_};
      }
    }
    return std::chrono::nanoseconds{0};
  }

private:
  static constexpr unsigned bits = 5;
  static constexpr uint64_t per_power = uint64_t{1} << bits;

  // Values below 2 * per_power have a bucket each. Above, a value shifted
  // right until it is below 2 * per_power tells its bucket in its power.
  static size_t bucket_of(uint64_t value) {
    if (value < 2 * per_power)
      return value;
    auto shift = static_cast<unsigned>(std::bit_width(value)) - bits - 1;
    return shift * per_power + (value >> shift);
  }

  static uint64_t end_of(size_t bucket) {
    if (bucket < 2 * per_power)
      return bucket;
    auto shift = bucket / per_power - 1;
    auto first = bucket - shift * per_power;
    return ((first + 1) << shift) - 1;
  }

  std::array<uint64_t, (64 - bits + 1) * per_power> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

} // namespace muster::bench
