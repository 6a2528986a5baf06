// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <map>
#include <mutex>
#include <string>

namespace muster {

/// What each shard of this machine says of itself, for `status`. Thread-safe:
/// the shards write at their ticks, everyone reads.
class shard_board {
public:
  struct line {
    std::string text;
    bool primary = false;
  };

  void set(shard_id shard, line x) {
    std::lock_guard guard{mutex_};
    lines_[shard] = std::move(x);
  }

  std::map<shard_id, line> all() const {
    std::lock_guard guard{mutex_};
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::map<shard_id, line> lines_;
};

} // namespace muster
