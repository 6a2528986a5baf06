// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/virtual_clock.hpp"

#include <cassert>
#include <utility>

namespace muster::sim {

namespace {

constexpr int64_t million = 1'000'000;

} // namespace

virtual_clock::virtual_clock(const sim_scheduler& scheduler,
                             nanoseconds since_boot, int64_t rate_ppm)
  : scheduler_(scheduler), since_(scheduler.now()), shown_then_(since_boot),
    rate_ppm_(rate_ppm) {
  assert(rate_ppm > -million);
}

boot_time virtual_clock::now() const {
  auto passed = scheduler_.now() - since_;
  // Split, so that hours times a million stay within 64 bits.
  auto whole = passed / million * rate_ppm_;
  auto rest = passed % million * rate_ppm_ / million;
  return boot_time{shown_then_ + passed + whole + rest};
}

void virtual_clock::set_rate(int64_t rate_ppm) {
  assert(rate_ppm > -million);
  shown_then_ = now().time_since_epoch();
  since_ = scheduler_.now();
  rate_ppm_ = rate_ppm;
}

void virtual_clock::reboot(nanoseconds since_boot) {
  shown_then_ = since_boot;
  since_ = scheduler_.now();
}

world_time virtual_clock::world_delay(nanoseconds local) const {
  auto rate = million + rate_ppm_;
  return local / rate * million + (local % rate * million) / rate
         + nanoseconds{1};
}

sim_timers::sim_timers(process_ptr process, const virtual_clock& clock,
                       sim_random random, nanoseconds late_max)
  : process_(std::move(process)), clock_(clock), random_(std::move(random)),
    late_max_(late_max) {
  // nop
}

void sim_timers::after(nanoseconds delay, std::function<void()> x) {
  arm(delay, process_->new_stream(), std::move(x));
}

void sim_timers::every(nanoseconds period, std::function<void()> x) {
  auto in = process_->new_stream();
  arm(period, in, [this, period, x = std::move(x)] {
    x();
    every(period, x);
  });
}

void sim_timers::arm(nanoseconds delay, sim_process::stream in,
                     std::function<void()> x) {
  auto wait = clock_.world_delay(delay)
              + random_.between(nanoseconds{0}, late_max_);
  process_->scheduler().after(wait, [to = process_, in, x = std::move(x)] {
    to->deliver(in, x);
  });
}

} // namespace muster::sim
