// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace leveldb {
class Env;
} // namespace leveldb

namespace muster {

/// How a machine's store is opened. Sizes in bytes.
struct level_store_options {
  /// Made if it does not exist; its parent must.
  std::string directory;

  /// A group commit takes no further change once it has this much; what waits
  /// behind a group, waits for its sync. 1 KiB to 64 MiB.
  size_t group_bytes_max = 4 * 1024 * 1024;

  /// After a group of this many changes the next one gathers for twice as long
  /// as the last write took, at most `gather_time_max`: fewer syncs under load,
  /// for up to that much latency. 1 and more; a large number = never.
  size_t gather_changes = 16;

  /// 0 to 100 ms; 0 = never.
  std::chrono::microseconds gather_time_max{2000};

  /// LevelDB's memory table: larger = fewer flushes, more memory (twice this)
  /// and a longer start after a crash. 64 KiB to 1 GiB.
  size_t write_buffer_bytes = 16 * 1024 * 1024;

  /// Log files grow by this much at a time, written as zeros in advance: a
  /// sync then changes no metadata of the file and costs a third less. 0 = off;
  /// at least 4096.
  size_t log_extent_bytes = 256 * 1024;

  /// With less than this free the disk counts as full: new commands are refused
  /// and, with less than a quarter of it, what waits is not written until there
  /// is room again. Above what LevelDB needs to rewrite its tables; 0 = off.
  uint64_t reserve_bytes = 64 * 1024 * 1024;

  /// How much is free, for tests; empty = what the file system says.
  std::function<uint64_t()> free_bytes;

  /// The file system, for tests that break it, used without extents; null =
  /// the real one. Outlives the store.
  leveldb::Env* env = nullptr;
};

} // namespace muster
