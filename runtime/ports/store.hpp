// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace muster {

/// A change of one shard's log. Changes of one shard take effect in the order
/// in which they were given to `store::write`.
struct store_change {
  enum class kind : uint8_t {
    /// Appends the entry `bytes` at `at`; `at` is the last sequence + 1.
    append,
    /// Deletes every entry after `at` (L3).
    truncate,
    /// Replaces the shard's small fixed state (`bytes`, at most 64 KiB):
    /// highest term (L3) and the like.
    meta,
    /// Deletes the shard's state and log; the next append is at `at` + 1.
    reset,
  };

  kind what = kind::append;
  shard_id shard;
  sequence at;
  std::string bytes;
};

/// One row of a shard's checkpointed state; the store does not look into it.
struct state_row {
  std::string key;
  std::string value;
  bool deleted = false;
};

/// A checkpoint: rows to put or delete in the shard's state, which afterwards
/// is the state after entry `upto`. Log entries up to `upto` may be deleted.
struct store_checkpoint {
  shard_id shard;
  sequence upto;
  std::vector<state_row> rows;
};

/// What survived of a shard.
struct recovered_shard {
  shard_id shard;
  /// Empty: none was ever written.
  std::string meta;
  /// The checkpoint's sequence; 0 = none.
  sequence checkpoint;
  /// Sorted by key.
  std::vector<state_row> rows;
  /// Entries checkpoint + 1, checkpoint + 2, ... without a gap.
  std::vector<std::string> entries;
};

/// The durable logs and states of all shards of a machine. Production: one
/// LevelDB (section 5 of the design); simulation: a disk that forgets what
/// was not synced.
///
/// An error in any callback is fatal: the store takes no further change
/// (every later callback gets `io`); the machine stops serving its portion
/// and rejoins by state transfer.
class store {
public:
  using callback = std::function<void(status)>;

  virtual ~store() = default;

  /// Makes the changes durable, together, and then calls `then` (from any
  /// thread), in the order of the calls. Many calls share one sync.
  virtual void write(std::vector<store_change> changes, callback then) = 0;

  /// Writes a checkpoint in the background; an earlier `write` of the same
  /// shard is on disk before it.
  virtual void checkpoint(store_checkpoint x, callback then) = 0;

  /// Reads everything back; call it once, before the first write. Blocks.
  /// Errors: `corrupt` names the shards or the file that is damaged.
  virtual result<std::vector<recovered_shard>> recover() = 0;

  /// The id made with this store; another id = another store (M3).
  virtual store_id id() const = 0;

  /// True while the disk is nearly full. What was given to `write` waits for
  /// room and is no error; callers refuse new commands until it is false again.
  /// From any thread.
  virtual bool full() const {
    return false;
  }

  /// True while what was given to `write` waits for room. From any thread.
  virtual bool waits_for_room() const {
    return false;
  }

  /// Bytes that wait for the sync; callers refuse writes above their limit.
  virtual size_t backlog_bytes() const = 0;
};

} // namespace muster
