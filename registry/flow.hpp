// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/fields.hpp"
#include "registry/ids.hpp"

namespace muster {

/// What every message about copies and logs of one shard carries (T4).
struct flow {
  shard_id shard;
  term of;
  session in;
  incarnation to;

  MUSTER_FIELDS(flow, shard, of, in, to)
  bool operator==(const flow&) const = default;
};

} // namespace muster
