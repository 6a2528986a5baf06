// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>

namespace muster {

/// How a read of the local memory ended, and what the caller does then.
enum class read_kind : uint8_t {
  /// The value (the listing) is linearizable.
  served,
  /// That the key is absent is linearizable.
  served_absent,
  /// A command on it is in flight: read again shortly, or ask the home.
  invalid,
  /// No copy of it here: ask the home.
  not_held,
  /// A copy, but its lease has ended or was revoked: ask the home.
  lease_over,
};

/// The result of a read.
struct read_outcome {
  read_kind kind = read_kind::not_held;

  /// What served: 0 the primary's own table, 1 a backup's, 2 a copy. 0 if the
  /// shard is not held.
  uint8_t served_from = 0;

  /// The term of the shard's copies; 0 if the shard is not held.
  term of;
};

} // namespace muster
