// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace muster {

/// What a watcher is told. Of one shard: `change`s in version order, each once;
/// or, if the log does not have them any more, `compacted`, the `record`s as
/// they are now in the order of their keys, `current`, and the changes since.
struct watch_event {
  enum class kind : uint8_t {
    /// A committed change of a record.
    change,
    /// Changes of the shard were forgotten: what the watcher knows of its
    /// records counts no more. The position is 0 until all is told.
    compacted,
    /// A record as it is now.
    record,
    /// All records of the shard were told.
    current,
    /// Nothing under the prefix has changed up to here.
    position,
    /// The watch is over; `value` says why.
    ended,
  };

  kind what = kind::change;
  std::string key;
  bool erased = false;
  std::string value;
  sequence version;
  shard_id shard;
  /// The shard's position after this event; nothing: as it was before.
  std::optional<sequence> resume;
};

} // namespace muster
