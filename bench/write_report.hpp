// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::bench {

/// One run of a write benchmark: the same for each system compared, so that
/// the figures stand side by side.
struct write_options {
  /// Writes sent and not answered yet, over all connections. 1 to 4,096.
  size_t in_flight_count = 64;

  size_t connections_count = 4;

  /// Keys written, chosen evenly at random.
  size_t keys_count = 10'000;

  size_t value_bytes = 128;

  /// Muster only: keys that one command writes, each in another shard (but for
  /// keys that meet there by chance, one pair of 64).
  size_t parts_count = 1;

  /// Measured time, after the warm-up, which is not.
  std::chrono::milliseconds duration{5000};
  std::chrono::milliseconds warm_up{1000};

  /// Of the keys' order.
  uint64_t seed = 1;

  /// Of a cluster that runs already, such as `127.0.0.1:40001`; empty: the
  /// benchmark starts its own and stops it.
  std::vector<std::string> endpoints;

  /// Where a cluster of the benchmark's own keeps its data; empty: a temporary
  /// directory. Its disk decides the result.
  std::string directory;
};

/// What one run measured.
struct write_report {
  /// Acknowledged in the measured time.
  uint64_t writes_count = 0;
  double writes_per_second = 0;
  std::chrono::nanoseconds median{0};
  std::chrono::nanoseconds p99{0};
  std::chrono::nanoseconds max{0};
  std::chrono::nanoseconds mean{0};

  /// Refused or lost, warm-up included: a run with any is worth nothing.
  uint64_t failures_count = 0;

  /// Why the first failed, or why nothing was measured; empty: all is well.
  std::string failure;
};

} // namespace muster::bench
