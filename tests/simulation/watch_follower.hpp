// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/watch_event.hpp"
#include "registry/watch_position.hpp"
#include "tests/simulation/change_book.hpp"

#include <map>
#include <set>
#include <string>

namespace muster::sim {

/// A user who keeps his own picture of the records under a prefix from what a
/// watch tells him, and nothing over a disconnect but his picture and his
/// position. Judges both against the committed changes: between two positions
/// of a shard each change is told once and in order, or else all records are.
///
/// Not thread-safe.
class watch_follower {
public:
  /// @param from_start  the first watch began at 0, so the picture is whole
  watch_follower(const change_book& truth, std::string prefix,
                 uint32_t shard_count, bool from_start);

  /// The watch begins again, at the position.
  void reconnect();

  /// @returns what is wrong; empty = nothing
  std::string take(const watch_event& x);

  /// Whether the picture is as the changes up to the position make it.
  std::string judge() const;

  size_t told_count() const {
    return told_count_;
  }

  size_t compacted_count() const {
    return compacted_count_;
  }

  /// Whether a shard's position is below this.
  bool is_behind(const std::map<shard_id, sequence>& committed) const;

private:
  struct record {
    sequence version;
    std::string value;
  };

  struct shard {
    bool placed = false;
    sequence at; // the position
    /// The picture has every record last changed after this.
    sequence since;
    bool copying = false;
    /// Since the position all records were told, not each change.
    bool copied = false;
    sequence last; // of the changes told since the watch began
    std::map<std::string, record> records;
    /// Told since the position.
    std::map<sequence, std::map<std::string, watch_event>> told;
  };

  std::string check_changes(shard_id id, const shard& s, sequence upto) const;
  std::string check_picture(shard_id id, const shard& s) const;
  std::string on_change(shard& s, const watch_event& x);
  std::string on_position(shard& s, const watch_event& x);

  const change_book& truth_;
  std::string prefix_;
  bool from_start_;
  std::set<shard_id> concerns_;
  std::map<shard_id, shard> shards_;
  size_t told_count_ = 0;
  size_t compacted_count_ = 0;
};

} // namespace muster::sim
