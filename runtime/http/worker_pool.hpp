// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace muster::http {

/// A few threads for calls that block, with a bounded queue.
///
/// Thread-safe. `stop` waits for the jobs that run; those that wait are
/// dropped.
class worker_pool {
public:
  using job = std::function<void()>;

  /// @param threads  at least 1
  worker_pool(size_t threads, size_t queue_max);

  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  ~worker_pool();

  /// @returns false if the queue is full or the pool has stopped
  bool run(job x);

  void stop();

private:
  void work();

  const size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> queue_;
  size_t idle_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

} // namespace muster::http
