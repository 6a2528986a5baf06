// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <optional>
#include <string>

namespace muster {

/// What the name of a store that was set aside has after `<directory>`; a
/// number follows.
inline constexpr char damaged_suffix[] = ".damaged-";

/// The file in a store's directory that says, in a line of text, why the store
/// is not to be used any more. It goes where the store goes; who removes it
/// trusts the store again.
inline constexpr char given_up_file[] = "FAILED";

/// Gives up the store in `directory`, which may be open: it is not opened
/// again. Error `io`: the disk may lose that, and then the store is opened as
/// if nothing had been.
status give_up(const std::string& directory, const std::string& why);

/// Why the store in `directory` was given up; nothing if it was not.
std::optional<std::string> why_given_up(const std::string& directory);

/// Gives up a store that nobody has open and renames it to
/// `<directory>.damaged-<n>`, so that the next open makes a new one with
/// another id (M3), and nothing of the old one is lost to whoever wants to look
/// at it. At most 100 are kept.
/// @param why  is kept with it, if it was not given up before
/// @returns the new name. Error: `io`
result<std::string> set_aside(const std::string& directory,
                              const std::string& why);

} // namespace muster
