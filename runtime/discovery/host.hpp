// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// Of a file system, in bytes.
struct disk_space {
  uint64_t total = 0;
  /// For a process that is not root.
  uint64_t free = 0;
};

struct host_size {
  /// Processing units that this process may run on.
  uint32_t cores = 0;
  uint64_t memory_bytes = 0;
};

/// How fast a directory's device answers.
struct device_timing {
  /// Direct reads and synchronous writes of 4 KiB.
  nanoseconds read_median{};
  nanoseconds read_p99{};
  nanoseconds write_median{};
  nanoseconds write_p99{};
  /// Of direct reads of 1 MiB.
  uint64_t bandwidth_bits_per_second = 0;

  bool operator==(const device_timing&) const = default;
};

/// What discovery asks the system. Production: `linux_host`; tests have a map
/// of files. Not thread-safe; calls may block, `time` for a second.
class host {
public:
  virtual ~host() = default;

  /// A small text file of /proc or /sys.
  /// @returns nothing: there is no such file, or it cannot be read
  virtual std::optional<std::string> read(const std::string& path) const = 0;

  /// The names in a directory, sorted; empty also if there is none.
  virtual std::vector<std::string>
  names_in(const std::string& directory) const = 0;

  virtual bool exists(const std::string& path) const = 0;

  /// The number of the block device under a path, `254:1`; nothing: not known.
  virtual std::optional<std::string>
  device_number(const std::string& path) const = 0;

  /// Errors: `io`.
  virtual result<disk_space> space_of(const std::string& path) const = 0;

  /// Errors: `io`.
  virtual result<host_size> size() const = 0;

  /// Measures with a file in the directory, which is gone afterwards, in about
  /// half a second and never much more than one. Errors: `io`: the directory
  /// cannot be written, or its file system has no direct access.
  virtual result<device_timing> time(const std::string& directory) = 0;
};

} // namespace muster
