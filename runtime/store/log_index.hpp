// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "runtime/ports/store.hpp"

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace muster {

/// The place of a change in the log of groups: the group's number and how many
/// changes of the *same shard* that group has before it.
struct log_position {
  uint64_t group = 0;
  uint32_t ordinal = 0;

  auto operator<=>(const log_position&) const = default;
};

/// Which groups of the store's log are still needed, and by which shard.
///
/// A group holds changes of many shards and is deleted as a whole, in any
/// order. Each shard has a *floor*: every change of it before that position is
/// superseded, by its checkpoint, by a truncation or by a later meta. Recovery
/// ignores changes below the floor; a group is deleted once it lies below the
/// floors of all shards that have changes in it.
///
/// The floor is a position and not merely the checkpoint's sequence: without
/// it, a retained old group could resurrect entries whose truncation lay in a
/// group that was deleted.
///
/// Invariants:
/// 1. checkpoint <= last; the live entries are checkpoint + 1 ... last.
/// 2. The floor is the position of entry checkpoint + 1 if there is one.
/// 3. Floors never go back.
///
/// Pure; not thread-safe; owned by the store's thread after recovery.
class log_index {
public:
  /// One shard's log.
  struct shard_log {
    sequence checkpoint;
    sequence last;
    log_position floor;
    std::string meta;
    /// True: rows of the time before a reset are still on disk.
    bool stale_rows = false;

  private:
    friend class log_index;

    /// Live entries `first`, ... that lie one after the other from `at` on.
    struct run {
      sequence first;
      log_position at;
    };

    /// Where the next change of this shard in group `group` will lie.
    log_position next_position(uint64_t group) const;

    std::deque<run> runs;
    /// Numbers of the groups from the floor on that have changes of it.
    std::deque<uint64_t> groups;
    /// The last group with changes of it, and how many it has there.
    log_position tail;
  };

  /// Recovery: what the shard's header says. Call it before `replay`.
  void restore(shard_id shard, sequence checkpoint, log_position floor,
               std::string meta);

  /// Recovery: begins with the changes of group `group`; numbers ascend.
  void replay_group(uint64_t group);

  /// Recovery: applies a change of group `group`. False: it lies below the
  /// floor and counts for nothing. Error: as `apply`.
  result<bool> replay(uint64_t group, const store_change& x);

  /// Recovery is over. Returns the number of the next group, which is greater
  /// than that of any group that a floor has seen.
  uint64_t finish_replay();

  /// Applies a change that will lie in group `group`, the newest one.
  /// Errors: `invalid_argument` for an append that leaves a gap, a truncation
  /// below the checkpoint, a meta above `meta_bytes_max`.
  status apply(uint64_t group, const store_change& x);

  /// Moves the shard's checkpoint to `upto` and its floor as far as that
  /// allows; `group` is the newest group, which may be empty yet. Error:
  /// `invalid_argument` if `upto` is below the last checkpoint or above the
  /// log's end.
  status checkpoint(uint64_t group, shard_id shard, sequence upto);

  /// Shards that have no live entries but whose metas, truncations or resets
  /// keep groups older than `group`: worth an empty checkpoint.
  std::vector<shard_id> idle_shards(uint64_t group) const;

  /// The groups that nobody needs any more; each is returned once.
  std::vector<uint64_t> take_unneeded();

  /// The shard's log; made if there is none.
  shard_log& at(shard_id shard) {
    return shards_[shard];
  }

  /// All shards that were ever written, by number.
  const std::map<shard_id, shard_log>& shards() const {
    return shards_;
  }

  static constexpr size_t meta_bytes_max = 64 * 1024;

private:
  status append(log_position where, shard_log& log, const store_change& x);
  status truncate(shard_log& log, const store_change& x);
  void pin(uint64_t group, shard_log& log);
  void raise_floor(shard_log& log, log_position floor);

  std::map<shard_id, shard_log> shards_;
  /// How many shards need a group.
  std::map<uint64_t, uint32_t> pins_;
  std::vector<uint64_t> unneeded_;
};

} // namespace muster
