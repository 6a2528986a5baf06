// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::bench {

/// What `run_adaptive_reads` measures: machines that store 3 of 5 copies each
/// read and write the same records, the popular ones more often.
struct adaptive_read_options {
  size_t records_count = 100'000;
  size_t value_bytes = 128;

  /// Exponent of the Zipf distribution of what is read and written.
  double skew = 0.99;

  /// Operations of 1000 that write.
  unsigned write_permille = 10;

  /// Threads of each machine; each has one operation open at a time.
  size_t threads_count = 2;

  /// Operations of each machine, first unmeasured, then measured.
  size_t warm_up_count = 1'000'000;
  size_t measured_count = 500'000;

  /// Memory of a machine for such copies; 0 = none.
  size_t bytes_max = 64 * 1024 * 1024;

  /// For all data; its disk is written by each write.
  std::string directory;

  /// The coordinator, such as `127.0.0.1:40001`.
  std::string etcd;
};

/// What one machine did in the measured time; counters and memory at its end.
struct adaptive_machine_report {
  std::string id;

  /// Reads of records that this machine does not store, and those of them that
  /// a copy here has served.
  uint64_t foreign_reads = 0;
  uint64_t copy_reads = 0;

  uint64_t keys = 0;
  uint64_t bytes = 0;
  uint64_t granted = 0;
  uint64_t withdrawn = 0;
  uint64_t evicted = 0;
};

struct adaptive_read_report {
  std::vector<adaptive_machine_report> machines;
  double operations_per_second = 0;

  /// Of the process, all five machines in it, before the warm-up and at the
  /// end: what the copies really cost is below the difference.
  uint64_t resident_bytes_before = 0;
  uint64_t resident_bytes_after = 0;
  uint64_t failed_count = 0;
};

/// Five machines in this process, as in production but for that. Takes a
/// minute or two.
result<adaptive_read_report>
run_adaptive_reads(const adaptive_read_options& options);

} // namespace muster::bench
