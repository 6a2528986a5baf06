// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/waiting_room.hpp"

#include <chrono>
#include <utility>

namespace muster {

namespace {

/// How often a call that found no room is tried again.
constexpr std::chrono::milliseconds retry_pause{200};

} // namespace

void waiting_room::open() {
  std::lock_guard guard{mutex_};
  open_ = true;
}

void waiting_room::close() {
  {
    std::lock_guard guard{mutex_};
    open_ = false;
  }
  closed_.notify_all();
}

bool waiting_room::pause(bool& waits) {
  auto code = errno;
  std::unique_lock guard{mutex_};
  if (open_) {
    if (!std::exchange(waits, true))
      waiting_count_.fetch_add(1, std::memory_order_relaxed);
    closed_.wait_for(guard, retry_pause, [this] { return !open_; });
  }
  errno = code;
  return open_;
}

} // namespace muster
