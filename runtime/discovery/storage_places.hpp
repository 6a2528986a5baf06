// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/device_option.hpp"
#include "runtime/discovery/complaints.hpp"
#include "runtime/discovery/host.hpp"

#include <string>
#include <vector>

namespace muster {

struct storage_options {
  std::vector<device_option> devices = {};
  /// Mounted file systems on block devices as well.
  bool discover = true;
  /// Names, directories or disks.
  std::vector<std::string> excluded = {};
};

/// A directory on a storage device.
struct storage_place {
  device_option what;
  /// Of the block device, `254:1`; empty: not known.
  std::string number;
  /// nvme, ssd or hdd; empty: not known.
  std::string kind;

  bool operator==(const storage_place&) const = default;
};

/// The directories that a machine publishes, by name: those of the
/// configuration that are there, and mounted file systems of 1 GiB and more on
/// block devices that no such directory is on, each once. What is excluded is
/// not even looked into.
std::vector<storage_place> find_places(const host& at, const storage_options& x,
                                       complaints& to);

} // namespace muster
