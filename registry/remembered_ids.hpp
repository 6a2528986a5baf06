// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/story.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// What de-duplication remembers of a command (C3).
struct remembered {
  outcome what = outcome::committed;
  /// `digest_of` the command; lies where padding would.
  uint32_t digest = 0;
  /// committed: its other operations were done.
  bool otherwise = false;
  sequence at;
  std::vector<int64_t> counters;
};

/// The commands that de-duplication remembers, found by id, kept and forgotten
/// in the order of the log.
///
/// A queue in the log's order beside a table of its positions, open addressing
/// with linear probing: a busy shard adds thousands a second, and a node for
/// each in two trees and a hash map was a tenth of a write's cost.
///
/// Invariants: (1) `at` ascends along the queue; (2) every id of the queue is
/// found; (3) at most half of the table's cells are taken.
///
/// Not thread-safe; owned by one shard core.
class remembered_ids {
public:
  struct item {
    std::string id;
    remembered what;
  };

  using queue = std::deque<item>;

  /// Null: never added or forgotten.
  const remembered* find(std::string_view id) const;

  /// @pre `id` is not remembered, `x.at` is above all others
  void add(std::string id, remembered x);

  /// Forgets everything at or below `floor`.
  void forget_upto(sequence floor);

  /// Everything at or above `from`, ascending, ends at `end()`.
  queue::const_iterator from(sequence from) const;

  queue::const_iterator end() const {
    return items_.end();
  }

  size_t size() const {
    return items_.size();
  }

  /// The newest; nothing: empty.
  std::optional<sequence> newest() const;

  /// Asserts the invariants.
  void check_invariants() const;

private:
  /// Positions count from the first item ever, modulo 2^32; they are compared
  /// to `first_` only.
  struct cell {
    uint32_t hash = 0;
    uint32_t position = 0;
    bool taken = false;
  };

  static uint32_t hash_of(std::string_view id);
  size_t home_of(uint32_t hash) const {
    return hash & (cells_.size() - 1);
  }
  const item& at(const cell& x) const {
    return items_[x.position - first_];
  }
  void put(cell x);
  void remove(uint32_t hash, uint32_t position);
  void grow();

  queue items_;
  uint32_t first_ = 0; // the position of items_.front()
  std::vector<cell> cells_; // a power of two, or none
};

} // namespace muster
