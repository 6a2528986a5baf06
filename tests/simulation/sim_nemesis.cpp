// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_nemesis.hpp"

#include <utility>

namespace muster::sim {

namespace {

constexpr nanoseconds insist_every = 200ms;

} // namespace

sim_nemesis::sim_nemesis(sim_world& world, const fault_options& faults,
                         sim_random random)
  : world_(world), options_(faults.nemesis),
    clock_rate_ppm_max_(faults.clock_rate_ppm_max), random_(std::move(random)) {
  auto add = [this](fault what, nanoseconds mean, action act) {
    if (mean > nanoseconds{0})
      plans_.push_back({what, mean, act});
  };
  using self = sim_nemesis;
  auto& o = options_;
  add(fault::crash, o.crash_mean, &self::crash_one);
  add(fault::crash_point, o.crash_point_mean, &self::arm_crash_point);
  add(fault::rolling_restart, o.rolling_restart_mean, &self::roll);
  add(fault::pause, o.pause_mean, &self::pause_one);
  add(fault::join, o.join_mean, &self::join_one);
  add(fault::leave, o.leave_mean, &self::leave_one);
  add(fault::cut, o.cut_mean, &self::cut_one);
  add(fault::flap, o.flap_mean, &self::flap_one);
  add(fault::partition, o.partition_mean, &self::partition);
  add(fault::reset, o.reset_mean, &self::reset_one);
  add(fault::coordinator_away, o.coordinator_away_mean,
      &self::take_coordinator_away);
  add(fault::clock_change, o.clock_change_mean, &self::change_clock);
  add(fault::clock_beyond, o.clock_beyond_mean, &self::push_clock_beyond);
  add(fault::disk_error, o.disk_error_mean, &self::fail_disk);
  add(fault::full_disk, o.disk_full_mean, &self::fill_disk);
  add(fault::wipe, o.wipe_mean, &self::wipe_one);
  add(fault::damage, o.damage_mean, &self::damage_one);
}

void sim_nemesis::begin(std::function<void(const machine_id&)> joined) {
  joined_ = std::move(joined);
  for (auto& x : plans_)
    repeat(x);
}

void sim_nemesis::only_what_is_missing() {
  only_missing_ = true;
  // What is armed has bitten before, and would again.
  if (count_[fault::disk_error] > 0)
    for (const auto& id : world_.machines())
      world_.disk(id).mend();
}

void sim_nemesis::insist() {
  world_.network().insist_on_repeats();
  insist_on_repeats();
  for (auto& x : plans_)
    insist_on(x);
}

std::vector<std::string_view> sim_nemesis::never_bit() const {
  std::vector<std::string_view> out;
  for (auto& x : plans_)
    if (count_[x.what] == 0)
      out.push_back(fault_names[static_cast<size_t>(x.what)]);
  return out;
}

void sim_nemesis::stop() {
  stopped_ = true;
  world_.trace().line("world", "faults_over", "");
  world_.network().heal_all();
  world_.config().reconnect_all();
  if (leaving_ != machine_id{})
    mark_draining(leaving_, false);
  if (beyond_ != machine_id{})
    world_.clock(beyond_).set_rate(0);
  for (const auto& id : world_.machines()) {
    world_.resume(id);
    world_.disk(id).mend();
    if (!world_.is_up(id))
      world_.start(id);
  }
}

void sim_nemesis::repeat(const plan& x) {
  later(random_.between(nanoseconds{0}, 2 * x.mean), [this, &x] {
    if (!only_missing_ || count_[x.what] == 0)
      (this->*x.act)();
    repeat(x);
  });
}

void sim_nemesis::insist_on(const plan& x) {
  if (count_[x.what] > 0)
    return;
  (this->*x.act)();
  later(insist_every, [this, &x] { insist_on(x); });
}

/// Packets come again on a new connection of the same two processes.
void sim_nemesis::insist_on_repeats() {
  if (!world_.network().misses_repeats())
    return;
  reset_one();
  later(insist_every, [this] { insist_on_repeats(); });
}

void sim_nemesis::later(nanoseconds wait, std::function<void()> x) {
  world_.scheduler().after(wait, [this, x = std::move(x)] {
    if (!stopped_)
      x();
  });
}

void sim_nemesis::mend_later(nanoseconds longest, std::function<void()> x) {
  later(random_.between(nanoseconds{0}, longest), std::move(x));
}

machine_id sim_nemesis::some_machine() {
  auto all = world_.machines();
  return all[random_.below(all.size())];
}

/// @pre there are two machines
std::pair<machine_id, machine_id> sim_nemesis::some_pair() {
  auto all = world_.machines();
  auto i = random_.below(all.size());
  auto j = (i + 1 + random_.below(all.size() - 1)) % all.size();
  return {all[i], all[j]};
}

} // namespace muster::sim
