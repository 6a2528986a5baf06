// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <string>

namespace muster {

/// What the name of a damaged store has after `<directory>`; a number follows.
inline constexpr char damaged_suffix[] = ".damaged-";

/// Renames a store that nobody has open to `<directory>.damaged-<n>`, so that
/// the next open makes a new one with another id (M3), and nothing of the old
/// one is lost to whoever wants to look at it. At most 100 are kept.
/// @returns the new name. Error: `io`
result<std::string> set_aside(const std::string& directory);

} // namespace muster
