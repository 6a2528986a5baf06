// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/watch_event.hpp"
#include "registry/watch_position.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace muster {

/// Makes writes and deletions of records out of what a watch tells, also out of
/// a snapshot: what is not in it is deleted. So whoever follows it has the
/// records as they were at `position`, shard by shard.
///
/// Not thread-safe.
class watch_state {
public:
  /// @param value  nothing: the record is gone
  using apply_function = std::function<void(
    const std::string& key, std::optional<std::string_view> value, sequence)>;

  explicit watch_state(apply_function apply) : apply_(std::move(apply)) {
    // nop
  }

  /// A watch has begun; `at` is its position after its first event.
  void begin(watch_position at) {
    at_ = std::move(at);
  }

  void on_event(const watch_event& x);

  const watch_position& position() const {
    return at_;
  }

  /// Whether every shard is at `target` or beyond; one that has told nothing
  /// is at 0.
  bool reached(const watch_position& target) const;

private:
  struct shard_keys {
    std::unordered_set<std::string> known;
    /// In a snapshot: those that it has not told so far.
    std::unordered_set<std::string> missing;
  };

  void write(const watch_event& x);

  apply_function apply_;
  watch_position at_;
  std::map<shard_id, shard_keys> shards_;
};

} // namespace muster
