// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/resources.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// What a machine publishes of itself, whatever its text is.

/// A device as its machine publishes it: what the allocator reads, and what
/// else is known of it.
struct device_record {
  /// Its latency is the median of direct reads.
  device_resources what;
  /// A directory on it.
  std::string path;
  std::optional<nanoseconds> read_p99 = {};
  /// Synchronous writes of the same size.
  std::optional<nanoseconds> write = {};
  std::optional<nanoseconds> write_p99 = {};
  /// The capacity is so much of `free_bytes`; 0: it is what it is.
  uint32_t share_permille = 0;
  /// As it was when the device was first published.
  uint64_t free_bytes = 0;
  /// It is not there any more; nothing can be reserved.
  bool gone = false;

  bool operator==(const device_record&) const = default;
};

/// How busy a machine is, in permille. What is not known is left out.
struct load_record {
  /// Of the busiest part; what requests are compared with.
  uint32_t load_permille = 0;
  std::optional<uint32_t> cpu_permille = {};
  std::optional<uint32_t> nic_permille = {};

  struct device {
    std::string name;
    uint32_t permille = 0;

    bool operator==(const device&) const = default;
  };

  std::vector<device> devices = {}; // by name

  bool operator==(const load_record&) const = default;
};

struct found_device {
  std::string name;
  device_record what;

  bool operator==(const found_device&) const = default;
};

/// What a machine has found of itself.
struct found_inventory {
  machine_resources machine;
  /// By name, at most `machine_devices_max`. `capacity_bytes` of those with a
  /// share is not said, `free_bytes` is that of now.
  std::vector<found_device> devices = {};

  bool operator==(const found_inventory&) const = default;
};

/// The text of these records, which the core does not know.
/// `runtime/inventory/inventory_text` has it. What is written is read back the
/// same, and the same is always written the same.
class own_record_codec {
public:
  virtual ~own_record_codec() = default;

  virtual std::string text_of(const machine_resources& x) const = 0;
  virtual std::string text_of(const device_record& x) const = 0;
  virtual std::string text_of(const load_record& x) const = 0;

  /// Errors of both: `invalid_argument`: somebody else wrote it.
  virtual result<machine_resources> machine_of(std::string_view text) const = 0;
  virtual result<device_record> device_of(std::string_view text) const = 0;
};

} // namespace muster
