// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/log_entry.hpp"
#include "registry/messages.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// The part of a shard's log that is in memory: entries base + 1 .. last,
/// contiguous (L1). An entry is named by (term, sequence): two logs that have
/// the same term at a sequence agree up to there, since a term has one writer
/// and every append names its predecessor.
///
/// Not thread-safe; owned by one shard core.
class shard_log {
public:
  struct item {
    log_entry entry;
    std::string bytes;
    /// Hash of this entry's bytes and the hash before it (I11).
    uint64_t hash = 0;
  };

  sequence base() const {
    return base_;
  }

  term base_term() const {
    return base_term_;
  }

  uint64_t base_hash() const {
    return base_hash_;
  }

  sequence last() const {
    return sequence{base_.value + items_.size()};
  }

  size_t bytes() const {
    return bytes_;
  }

  /// @pre base <= at <= last
  term term_at(sequence at) const;
  uint64_t hash_at(sequence at) const;

  /// @pre base < at <= last
  const item& at(sequence at) const;

  /// @pre `entry.at` is last + 1
  void append(log_entry entry, std::string bytes);

  /// Deletes every entry after `after` (L3). @pre base <= after
  void truncate(sequence after);

  /// Forgets entries up to `upto` in memory. @pre upto <= last
  void trim(sequence upto);

  /// Starts anew after a snapshot.
  void reset(sequence base, term base_term, uint64_t base_hash);

  /// The last sequence of each term after the base, ascending.
  std::vector<term_mark> marks() const;

  /// The last entry that this log shares with the log that (base, base_term,
  /// marks) describe; nothing if that log begins after this one ends, or
  /// this log's entry at its base is another: only a snapshot helps.
  std::optional<sequence>
  shared_with(sequence base, term base_term,
              const std::vector<term_mark>& marks) const;

private:
  sequence base_;
  term base_term_;
  uint64_t base_hash_ = 0;
  std::deque<item> items_;
  size_t bytes_ = 0;
};

} // namespace muster
