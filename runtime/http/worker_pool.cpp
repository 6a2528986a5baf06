// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/worker_pool.hpp"

#include <cassert>
#include <utility>

namespace muster::http {

worker_pool::worker_pool(size_t threads, size_t queue_max)
  : queue_max_(queue_max) {
  assert(threads > 0);
  for (size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { work(); });
}

worker_pool::~worker_pool() {
  stop();
}

bool worker_pool::run(job x) {
  {
    std::lock_guard guard{mutex_};
    // A job that an idle thread takes at once does not wait.
    if (stopped_ || queue_.size() >= queue_max_ + idle_)
      return false;
    queue_.push_back(std::move(x));
  }
  changed_.notify_one();
  return true;
}

void worker_pool::stop() {
  std::deque<job> dropped;
  {
    std::lock_guard guard{mutex_};
    stopped_ = true;
    std::swap(dropped, queue_);
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
}

void worker_pool::work() {
  std::unique_lock guard{mutex_};
  for (;;) {
    ++idle_;
    changed_.wait(guard, [this] { return stopped_ || !queue_.empty(); });
    --idle_;
    if (stopped_)
      return;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    next();
    next = nullptr;
    guard.lock();
  }
}

} // namespace muster::http
