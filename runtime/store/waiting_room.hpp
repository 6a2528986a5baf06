// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace muster {

/// Where system calls wait that found no room on the disk (ENOSPC, EDQUOT).
/// Such a call has changed nothing that was synced, so it can be repeated.
///
/// Nobody waits unless `open` was called: a start must not hang. Thread-safe.
class waiting_room {
public:
  /// Calls wait from now on.
  void open();

  /// Ends all waits, with the error that they waited about; no further ones.
  void close();

  /// Whether somebody waits. From any thread.
  bool occupied() const {
    return waiting_count_.load(std::memory_order_relaxed) > 0;
  }

  /// Repeats `call` while it is interrupted or, if the room is open, finds no
  /// room on the disk. Returns its last result; errno is its own.
  /// @param call  a system call: negative = failed, errno says why
  template <class F>
  auto repeat(F&& call) {
    auto waits = false;
    for (;;) {
      auto done = call();
      if (done < 0 && (errno == EINTR || (lacks_room(errno) && pause(waits))))
        continue;
      if (waits)
        waiting_count_.fetch_sub(1, std::memory_order_relaxed);
      return done;
    }
  }

  static bool lacks_room(int code) {
    return code == ENOSPC || code == EDQUOT;
  }

private:
  /// @returns whether the call is worth another try; if not, errno stands
  bool pause(bool& waits);

  std::mutex mutex_;
  std::condition_variable closed_;
  bool open_ = false;
  std::atomic<int> waiting_count_{0};
};

} // namespace muster
