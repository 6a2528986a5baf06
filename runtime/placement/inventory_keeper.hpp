// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/inventory.hpp"
#include "allocator/selector.hpp"
#include "runtime/placement/record_feed.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace muster {

/// An allocation's records as their machines have them, by machine.
using allocation_texts = std::map<machine_id, std::string>;

/// What an allocator knows of the cluster.
struct known_cluster {
  inventory resources;
  selector choose{resources};
  /// By the allocation's id.
  std::map<std::string, allocation_texts, std::less<>> allocations;
  /// Records that cannot be used, and why.
  std::map<std::string, std::string> unusable;
};

/// Keeps a machine's inventory: a pinned copy of `/machines` and `/topology`,
/// and their changes, applied by a thread of its own in small steps, so that
/// who decides waits at most for one of them.
///
/// Life: nothing happens until `follow` is called. Thread-safe, but for the
/// end.
class inventory_keeper {
public:
  explicit inventory_keeper(machine& node);

  ~inventory_keeper();

  inventory_keeper(const inventory_keeper&) = delete;
  inventory_keeper& operator=(const inventory_keeper&) = delete;

  /// Returns once it follows the records, and the first time knows those that
  /// were there at the call.
  /// Errors: as `machine::mirror` but for a copy that is not complete in time,
  /// and as `catch_up`.
  status follow(std::chrono::nanoseconds timeout);

  /// Returns once everything is known that was committed before the call.
  /// Errors: `unavailable`: some homes do not answer in time.
  status catch_up(std::chrono::nanoseconds timeout);

  bool follows() const;

  /// Calls `f` with what is known; nobody else uses it meanwhile.
  template <class F>
  auto use(F f) {
    std::lock_guard guard{known_mutex_};
    return f(known_);
  }

private:
  void apply(const std::string& key, std::optional<std::string_view> value);
  void run();
  bool step();
  bool reached(const watch_position& machines, const watch_position& links);
  status wait_for(const watch_position& machines, const watch_position& links,
                  std::chrono::nanoseconds timeout);
  void wake();

  machine& node_;
  mutable std::mutex known_mutex_; // the feeds' state as well
  known_cluster known_;
  record_feed machines_;
  record_feed links_;

  std::mutex follow_mutex_; // of who begins
  bool complete_ = false;

  mutable std::mutex mutex_; // of what follows
  std::condition_variable changed_;
  bool work_ = false;
  bool reopen_ = false;
  bool stopping_ = false;
  uint64_t steps_ = 0;
  std::thread thread_;
};

} // namespace muster
