// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// Texts of /proc and /sys. Whatever is damaged or has another form is nothing,
// never a guess.

/// One number, with blanks around it.
std::optional<uint64_t> parse_system_number(std::string_view text);

/// A mounted file system of /proc/self/mountinfo.
struct mount_entry {
  /// major:minor of its device; major 0: it has none.
  std::string device;
  std::string directory;
  std::string type;
  /// Not a part of it that is mounted once more elsewhere.
  bool whole = false;
  bool writable = false;

  bool operator==(const mount_entry&) const = default;
};

/// Lines that are no mounts are left out.
std::vector<mount_entry> parse_mounts(std::string_view text);

/// The first line of /proc/stat, in ticks.
struct cpu_times {
  uint64_t busy = 0;
  uint64_t total = 0;
};

std::optional<cpu_times> parse_cpu_times(std::string_view text);

/// `some avg10` of a file of /proc/pressure, in permille.
std::optional<uint32_t> parse_pressure(std::string_view text);

/// How many milliseconds a device was busy: /sys/block/*/stat.
std::optional<uint64_t> parse_busy_milliseconds(std::string_view text);

/// The value of a line `NAME=value` of a uevent file.
std::optional<std::string> parse_uevent(std::string_view text,
                                        std::string_view name);

/// Whether a PCI device computes: `class` and `vendor` as sysfs has them.
bool is_gpu(std::string_view pci_class, std::string_view vendor);

} // namespace muster
