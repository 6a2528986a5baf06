// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/store.hpp"
#include "runtime/store/level_store_options.hpp"
#include "runtime/store/log_index.hpp"
#include "runtime/store/store_format.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace leveldb {
class WriteBatch;
} // namespace leveldb

namespace muster {

class store_files;

/// What a store did since it was opened, for metrics.
struct store_probe {
  uint64_t groups_count = 0;
  uint64_t changes_count = 0;
  uint64_t checkpoints_count = 0;
  /// Of groups and checkpoint rows, as given to LevelDB.
  uint64_t written_bytes = 0;
  /// Time in LevelDB's write, almost all of it the sync.
  std::chrono::nanoseconds sync_time{0};
};

/// The store of a machine: one LevelDB, one thread that writes.
///
/// Life: `open`, `recover` (starts the thread), any number of `write` and
/// `checkpoint`, then the destructor, which first writes all that waits.
///
/// Calls queue. The thread takes everything that gathered during the last
/// sync, up to `group_bytes_max`, makes one LevelDB batch of it (one value for
/// all changes, the rows of checkpoints, the deletion of groups that nobody
/// needs any more), syncs it and calls the callbacks in the order of the
/// calls. Checkpoints share their sync with the group, so they cost their
/// bytes and no more; a group waits while the rows of one are written. Under
/// load a group waits a little for more: see `gather_changes`.
///
/// A full disk is no error: see `full` and `reserve_bytes`. A write that the
/// system refuses for lack of room waits as well, until there is some or the
/// store ends. A start on a full disk fails.
///
/// The first error is the last: its callback gets the reason, every later one
/// `io`. If a write or a sync has failed, the store is given up: the next open
/// refuses it as `corrupt` (`set_aside.hpp`). A change that breaks the port's
/// contract (a gap in the sequence) is such an error, since a log with a gap
/// could never be recovered.
///
/// `reset` keeps the shard's meta: the highest term (L3) outlives the log. A
/// truncation below the checkpoint is a gap as well.
///
/// Thread-safe, `recover` excepted. Callbacks run on the store's thread, must
/// be short and may call `write` and `checkpoint`, but not destroy the store.
class level_store : public store {
public:
  /// Opens or makes a store. Errors: `in_use`; `corrupt`, it is damaged or was
  /// given up: set it aside; `io`.
  static result<std::unique_ptr<level_store>> open(level_store_options options);

  ~level_store() override;

  /// @pre `recover` succeeded
  void write(std::vector<store_change> changes, callback then) override;

  /// @pre `recover` succeeded
  void checkpoint(store_checkpoint x, callback then) override;

  result<std::vector<recovered_shard>> recover() override;

  store_id id() const override;

  bool full() const override;
  bool waits_for_room() const override;

  /// True after the first error: the store takes nothing any more, and its
  /// owner ends (section 5). From any thread.
  bool failed() const {
    return failed_.load(std::memory_order_relaxed);
  }

  size_t backlog_bytes() const override {
    return backlog_bytes_.load(std::memory_order_relaxed);
  }

  /// A text that its owner wants to find here at the next start, durable when
  /// `set_note` returns; empty if never set. From any thread.
  /// Errors: `corrupt`, `io`.
  result<std::string> note() const;
  status set_note(const std::string& x);

  /// The same, but durable only later: it waits its turn behind what was
  /// written before. Never blocks.
  /// @pre `recover` succeeded
  void set_note_later(std::string x);

  store_probe probe() const;

  using duration = std::chrono::steady_clock::duration;

  /// How long a group waits for more. The last one tells whether there is load:
  /// a lone write never waits. In proportion to a sync, which is what it saves.
  static duration gather_time(const level_store_options& options,
                              size_t last_changes, duration last_write_time);

private:
  /// A call that waits.
  struct call {
    /// The last one: the owner's note.
    std::variant<std::vector<store_change>, store_checkpoint, std::string> what;
    callback then;
    size_t size_bytes = 0;
  };

  level_store(level_store_options options, std::unique_ptr<store_files> files);

  void enqueue(call x);
  void run();
  /// Moves what gathered to `taken_`. False: the store ends.
  bool take();
  /// Under load, waits for more to commit with the same sync.
  void gather(std::unique_lock<std::mutex>& guard);
  void commit(size_t begin, size_t end);
  /// Waits while the disk is full. False: the store ends before there is room.
  bool wait_for_room();
  size_t group_end(size_t begin) const;
  status write_group(size_t begin, size_t end, size_t& culprit);
  status add(const call& x, leveldb::WriteBatch& batch);
  status add_checkpoint(const store_checkpoint& x, leveldb::WriteBatch& batch);
  status add_header(shard_id shard, leveldb::WriteBatch& batch);
  void answer(size_t begin, size_t end, size_t culprit, const status& outcome);

  const level_store_options options_;
  const std::unique_ptr<store_files> files_;

  std::mutex mutex_;
  std::condition_variable gathered_;
  std::vector<call> queue_;
  bool sleeping_ = false;
  bool stopping_ = false;

  std::atomic<size_t> backlog_bytes_{0};
  std::atomic<bool> full_{false};
  std::atomic<bool> waits_{false};
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> groups_count_{0};
  std::atomic<uint64_t> changes_count_{0};
  std::atomic<uint64_t> checkpoints_count_{0};
  std::atomic<uint64_t> written_bytes_{0};
  std::atomic<int64_t> sync_nanoseconds_{0};

  // Owned by the thread.
  log_index index_;
  store_format::group_encoder encoder_;
  std::vector<call> taken_;
  std::unique_ptr<leveldb::WriteBatch> batch_;
  duration last_write_time_{0};
  uint64_t next_group_ = 0;

  std::thread thread_;
};

} // namespace muster
