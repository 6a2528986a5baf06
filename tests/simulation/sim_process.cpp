// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_process.hpp"

#include <iterator>

namespace muster::sim {

sim_process::sim_process(sim_scheduler& scheduler, machine_id id)
  : scheduler_(scheduler), id_(std::move(id)) {
  // nop
}

void sim_process::deliver(stream in, callback x) {
  if (!alive_)
    return;
  if (paused_)
    held_[in].push_back(std::move(x));
  else
    x();
}

void sim_process::pause() {
  paused_ = alive_;
}

void sim_process::resume(sim_random& random) {
  if (!alive_ || !paused_)
    return;
  paused_ = false;
  auto held = std::move(held_);
  held_.clear();
  while (!held.empty() && alive_) {
    auto i = std::next(held.begin(),
                       static_cast<std::ptrdiff_t>(random.below(held.size())));
    auto x = std::move(i->second.front());
    i->second.pop_front();
    if (i->second.empty())
      held.erase(i);
    x();
  }
}

void sim_process::kill() {
  alive_ = false;
  paused_ = false;
  held_.clear();
}

} // namespace muster::sim
