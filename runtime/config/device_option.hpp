// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

/// A directory that a machine publishes as a storage device.
struct device_option {
  std::string name;
  /// Absolute.
  std::string path;
  /// Of what is free when it is first published; 0: `capacity_bytes`.
  uint32_t share_permille = 1000;
  uint64_t capacity_bytes = 0;

  bool operator==(const device_option&) const = default;
};

/// Reads an item of the option `inventory_devices`: `fast=/srv/nvme` (all that
/// is free there), `data=/srv/data@12.5%`, `big=/srv/big@200GiB`.
/// Error: `invalid_argument` says what such an item looks like.
result<device_option> parse_device_option(std::string_view text);

} // namespace muster
