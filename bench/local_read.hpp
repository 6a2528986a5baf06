// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::bench {

/// What `run_local_read` measures.
struct local_read_options {
  /// Records of the table and of the map; keys have about 30 bytes.
  size_t record_count = 100'000;

  size_t value_bytes = 128;

  /// Shards the records are spread over.
  uint32_t shard_count = 64;

  /// Pairs of measurements (map, then table) of each case; at least 5.
  size_t rounds = 9;

  /// Reads of each thread in one measurement.
  size_t reads_per_round = 400'000;

  /// Records that the writer thread invalidates and puts each second.
  uint32_t writes_per_second = 1'000;

  /// Seed of the keys that are read.
  uint64_t seed = 1;
};

/// One case: medians over the rounds.
struct local_read_case {
  uint32_t threads = 1;

  /// Whether a writer thread changed records meanwhile.
  bool writer = false;

  /// CPU time of a read by user code: shard of the key, lookup, lease check
  /// with the clock read anew, copy of the value into the caller's buffer.
  double table_nanoseconds = 0;

  /// CPU time of a lookup in a bare `std::unordered_map<std::string,
  /// std::shared_ptr<const std::string>>`, copy of the value included.
  /// Nobody writes to it, for it could not bear that.
  double map_nanoseconds = 0;

  /// Table to map: the median of the rounds' ratios.
  double ratio = 0;

  /// The smallest and the largest of the rounds' ratios.
  double ratio_min = 0;
  double ratio_max = 0;

  /// Reads that found the key invalid, of a million.
  double invalid_per_million = 0;
};

struct local_read_report {
  std::vector<local_read_case> cases;

  /// Bytes of the table for each record, key and value included.
  double table_bytes_per_record = 0;
};

/// Measures the local read by user code against a bare map, side by side:
/// uniform keys, 1 and 2 threads, without and with a writer. Takes a few
/// seconds and two cores.
local_read_report run_local_read(const local_read_options& options = {});

} // namespace muster::bench
