// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <algorithm>
#include <vector>

namespace muster {

/// What this machine knows each shard to have committed: from its own replicas
/// and from verdicts. A command's birth (C3).
///
/// Not thread-safe; of the actors' one thread.
class known_sequences {
public:
  explicit known_sequences(uint32_t shard_count) : known_(shard_count) {
    // nop
  }

  /// Nothing is known before the first note: 0.
  sequence of(shard_id shard) const {
    return shard.value < known_.size() ? known_[shard.value] : sequence{};
  }

  /// @param upto  a committed sequence; an undecided one may never be
  void note(shard_id shard, sequence upto) {
    if (shard.value < known_.size())
      known_[shard.value] = std::max(known_[shard.value], upto);
  }

private:
  std::vector<sequence> known_; // by shard
};

} // namespace muster
