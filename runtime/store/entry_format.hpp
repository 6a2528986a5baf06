// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/log_entry.hpp"

namespace muster {

/// Log entries as bytes, on disk and between machines:
///
///     offset  size  what
///     0       1     format version, 4
///     1       4     length of the body, big-endian
///     5       8     XXH3 of the body, big-endian
///     13      ...   the body: Boost.Serialization, binary archive, no header
///
/// Version, length and checksum are checked before the body is decoded.
/// Without state; thread-safe.
class entry_format : public entry_codec {
public:
  /// The format versions that `decode` reads; `encode` writes the newest.
  static constexpr uint16_t oldest_version = 4;
  static constexpr uint16_t newest_version = 4;

  std::string encode(const log_entry& x) const override;
  result<log_entry> decode(std::string_view bytes) const override;
};

} // namespace muster
