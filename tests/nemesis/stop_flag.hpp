// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace muster::nemesis {

/// Tells threads to end, and is what they wait on between two steps.
/// Thread-safe.
class stop_flag {
public:
  void set() {
    std::lock_guard guard{mutex_};
    set_ = true;
    changed_.notify_all();
  }

  /// Waits so long. @returns whether the flag is set
  bool wait_for(std::chrono::nanoseconds patience) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, patience, [this] { return set_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

} // namespace muster::nemesis
