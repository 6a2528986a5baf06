// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <set>
#include <string>

namespace muster {

// The prefixes that a machine mirrors, kept over its restarts. Text:
//
//   muster mirrors 1
//   /machines                   each normalized prefix, one a line
//   checksum=0123456789abcdef   XXH64 of all bytes before, 16 digits

/// Reads the file `name`; one that is not there has no prefixes.
/// Errors: `corrupt`: it is damaged, or of a newer version: nothing is known;
/// `io`.
result<std::set<std::string>> read_mirrors(const std::string& name);

/// Replaces the file as a whole, durably: after a crash it is the old one or
/// the new one. Error: `io`: it may be either.
status write_mirrors(const std::string& name,
                     const std::set<std::string>& prefixes);

} // namespace muster
