// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/store/level_store_options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace muster::bench {

struct store_write_options {
  level_store_options store;

  /// Writes in flight: each is given again from the driver's thread as soon
  /// as it is on the disk, as actors do.
  size_t writers_count = 64;

  size_t entry_bytes = 200;
  std::chrono::milliseconds duration{2000};

  /// A shard is checkpointed, with as many rows, after this many entries.
  size_t checkpoint_entries_count = 20'000;
};

/// What one run measured; CPU is user and kernel time together.
struct store_report {
  uint64_t writes_count = 0;
  double writes_per_second = 0;
  double writes_per_group = 0;
  double p50_microseconds = 0;
  double p99_microseconds = 0;
  double max_microseconds = 0;
  /// The store's thread alone, and the whole process with the driver.
  double store_cpu_microseconds_per_write = 0;
  double process_cpu_microseconds_per_write = 0;
};

/// Writes to a store made in `options.store.directory` for a while.
/// Errors: as `level_store::open` and the port's callbacks.
result<store_report> run_store_writes(const store_write_options& options);

/// One line for a person.
std::string to_string(const store_report& x);

} // namespace muster::bench
