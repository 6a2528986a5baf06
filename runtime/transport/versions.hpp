// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// Versions of one thing that a machine understands, both ends included.
struct version_range {
  uint16_t oldest = 1;
  uint16_t newest = 1;

  bool operator==(const version_range&) const = default;
};

/// What two machines must have in common before they exchange anything.
struct machine_versions {
  /// Of the messages between machines and of how they are framed.
  version_range wire;
  /// Of log entries, which travel and are stored as the same bytes.
  version_range format;

  bool operator==(const machine_versions&) const = default;
};

/// What two machines speak on a connection.
struct agreed_versions {
  uint16_t wire = 0;
  uint16_t format = 0;
};

/// The newest versions that both understand, or nothing.
std::optional<agreed_versions> agree(const machine_versions& a,
                                     const machine_versions& b);

/// `wire 1 to 2, format 2`.
std::string to_string(const machine_versions& x);

/// Reads `2` or `1-2`. Error: `invalid_argument`.
result<version_range> parse_versions(std::string_view text);

} // namespace muster
