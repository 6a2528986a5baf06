// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/store.hpp"
#include "tests/simulation/fault_options.hpp"
#include "tests/simulation/sim_events.hpp"
#include "tests/simulation/sim_process.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace muster::sim {

/// The disk of one simulated machine; it outlives processes.
///
/// What was written becomes durable at the next sync, in order, one call as a
/// whole. A crash keeps a random number of the calls that waited, the oldest
/// first: the disk may have more than it ever acknowledged, never less.
class sim_disk {
public:
  /// What is durable of one shard.
  struct image {
    std::string meta;
    sequence checkpoint;
    std::map<std::string, std::string> rows;
    /// Entries checkpoint + 1 and on.
    std::deque<std::string> entries;

    sequence last() const {
      return sequence{checkpoint.value + entries.size()};
    }
  };

  sim_disk(sim_scheduler& scheduler, sim_random random,
           const disk_options& options, sim_trace& trace, machine_id owner);

  /// The store of a new process; the one before is dead.
  std::unique_ptr<store> open(const process_ptr& process);

  /// Its process died.
  void crash();

  /// Everything is gone, the store's id too. Only between two processes.
  void wipe();

  /// Every sync fails from now on, until the next process. `then` is called
  /// at the first that does.
  void fail(std::function<void()> then = {}) {
    failing_ = true;
    on_failed_ = std::move(then);
  }

  /// The store that has failed is not opened again: the next start makes a new
  /// one.
  void give_up() {
    given_up_ = true;
  }

  /// No more faults: there is room, and a sync that was to fail does not. What
  /// has failed stays so until the next process.
  void mend();

  /// While it is full, nothing that waits is written (`store::full`).
  void set_full(bool full);

  /// Flips a bit of what is stored of the shard: a checksum does not hold any
  /// more, so `recover` reports damage until the disk is wiped.
  void damage(shard_id shard) {
    damaged_.insert(shard);
  }

  /// For syncs from now on.
  void set_options(const disk_options& options) {
    options_ = options;
  }

  /// Whether the next start sets the store aside.
  bool damaged() const {
    return given_up_ || !damaged_.empty();
  }

  store_id id() const {
    return id_;
  }

  const std::map<shard_id, image>& images() const {
    return images_;
  }

  /// Calls that waited when a process died and were lost.
  uint64_t lost_count() const {
    return lost_count_;
  }

  /// Syncs that took longer than they usually do.
  uint64_t slow_count() const {
    return slow_count_;
  }

  uint64_t sync_count() const {
    return sync_count_;
  }

private:
  friend class sim_store;

  /// One call: changes, or a checkpoint.
  struct call {
    std::vector<store_change> changes;
    std::vector<store_checkpoint> checkpoints;
    store::callback then;
    size_t bytes = 0;
  };

  void enter(call x);
  void begin_sync();
  void end_sync(size_t count);
  void apply(const call& x);
  void apply(const store_change& x);
  void apply(const store_checkpoint& x);
  result<std::vector<recovered_shard>> recover() const;

  sim_scheduler& scheduler_;
  sim_random random_;
  disk_options options_;
  sim_trace& trace_;
  machine_id owner_;
  store_id id_;
  std::map<shard_id, image> images_;
  std::set<shard_id> damaged_;
  process_ptr process_;
  sim_process::stream stream_ = 0;
  std::deque<call> waiting_;
  size_t waiting_bytes_ = 0;
  bool syncing_ = false;
  bool failing_ = false;
  bool full_ = false;
  bool given_up_ = false;
  std::function<void()> on_failed_;
  uint64_t sync_count_ = 0;
  uint64_t lost_count_ = 0;
  uint64_t slow_count_ = 0;
};

} // namespace muster::sim
