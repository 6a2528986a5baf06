// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace muster {

/// The only source of random numbers for actors (nonces, jitter). Owned by one
/// machine's actors; not thread-safe.
class random_source {
public:
  virtual ~random_source() = default;

  /// A uniformly distributed number; never 0, which means "none" in ids.
  virtual uint64_t next() = 0;
};

} // namespace muster
