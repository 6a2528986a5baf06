// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_effects.hpp"

#include <string>
#include <vector>

namespace muster {

// On a switch the copies that it holds stand where a home has the shard: they
// tell the agent what is prepared and committed, and give it records for its
// holders (3.8). Beside what a shard and its agent say to each other:

/// Copies -> agent: holders may be granted copies of the shard from now on,
/// under this lease of the switch itself. What was said in another round does
/// not count.
struct rack_started {
  shard_id shard;
  term of;
  lease_backing under;
  uint64_t round = 0;
};

/// Copies -> agent: the switch has no copies of the shard any more. Those of
/// its holders end with their leases (T4).
struct rack_ended {
  shard_id shard;
};

/// Agent -> copies: the prefixes of which some holder has a copy, has asked for
/// one, or may still serve one; as of all copies that were given until `round`.
struct rack_needs {
  shard_id shard;
  uint64_t round = 0;
  std::vector<std::string> prefixes;
};

/// Agent -> shard: this fence may be answered, as far as the rack is concerned.
struct fence_passed {
  peer from;
  fence what;
};

} // namespace muster
