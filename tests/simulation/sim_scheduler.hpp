// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace muster::sim {

/// Time since the world began, the same everywhere; no machine can see it.
using world_time = std::chrono::nanoseconds;

/// The queue of everything that is going to happen. Events of the same instant
/// happen in the order in which they were entered.
///
/// Not thread-safe; the world has one thread.
class sim_scheduler {
public:
  using event = std::function<void()>;

  world_time now() const {
    return now_;
  }

  /// Enters an event; one in the past happens now.
  void at(world_time when, event what);

  void after(world_time delay, event what) {
    at(now_ + delay, std::move(what));
  }

  /// `settle` runs after each event: it lets the actors work until they wait.
  void after_each(event settle) {
    settle_ = std::move(settle);
  }

  /// Advances to the next event and runs it. Returns false if there is none
  /// before `end`; then the time is `end`.
  bool run_one(world_time end);

  void run_until(world_time end) {
    while (run_one(end))
      ; // nop
  }

  size_t waiting_count() const {
    return queue_.size();
  }

  /// Forgets everything that waits; what the events own is released.
  void clear() {
    queue_.clear();
  }

  /// Events that have run.
  uint64_t event_count() const {
    return event_count_;
  }

private:
  struct entry {
    world_time when;
    uint64_t order;
    event what;
  };

  static bool later(const entry& x, const entry& y) {
    return x.when != y.when ? x.when > y.when : x.order > y.order;
  }

  world_time now_{};
  uint64_t order_ = 0;
  uint64_t event_count_ = 0;
  event settle_;
  /// A heap; the soonest is in front.
  std::vector<entry> queue_;
};

} // namespace muster::sim
