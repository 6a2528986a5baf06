// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_scheduler.hpp"

#include <algorithm>

namespace muster::sim {

void sim_scheduler::at(world_time when, event what) {
  queue_.push_back({std::max(when, now_), order_++, std::move(what)});
  std::push_heap(queue_.begin(), queue_.end(), later);
}

bool sim_scheduler::run_one(world_time end) {
  if (queue_.empty() || queue_.front().when > end) {
    now_ = std::max(now_, end);
    return false;
  }
  std::pop_heap(queue_.begin(), queue_.end(), later);
  auto next = std::move(queue_.back());
  queue_.pop_back();
  now_ = next.when;
  ++event_count_;
  next.what();
  if (settle_)
    settle_();
  return true;
}

} // namespace muster::sim
