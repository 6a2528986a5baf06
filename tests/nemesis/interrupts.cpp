// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/interrupts.hpp"

#include <algorithm>
#include <signal.h>

namespace muster::nemesis {

namespace {

constexpr std::chrono::milliseconds tick{50};

sigset_t awaited() {
  sigset_t out;
  sigemptyset(&out);
  for (auto each : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&out, each);
  return out;
}

} // namespace

interrupts::interrupts() {
  auto signals = awaited();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool interrupts::wait_until(clock::time_point time) {
  auto signals = awaited();
  for (auto now = clock::now(); now < time && !came_; now = clock::now()) {
    auto left = (time - now).count();
    timespec patience{left / 1'000'000'000, left % 1'000'000'000};
    came_ = ::sigtimedwait(&signals, nullptr, &patience) > 0;
  }
  return !came_;
}

bool interrupts::wait_for(clock::time_point time,
                          const std::function<bool()>& holds) {
  while (!holds()) {
    auto now = clock::now();
    if (now >= time || !wait_until(std::min(time, now + tick)))
      return false;
  }
  return true;
}

} // namespace muster::nemesis
