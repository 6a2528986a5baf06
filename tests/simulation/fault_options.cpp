// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/fault_options.hpp"

namespace muster::sim {

namespace {

constexpr uint64_t disk_label = 1;
constexpr uint64_t member_label = 2;
constexpr uint64_t repeat_label = 3;

/// At most one of those that lose a disk: a run loses one (`may_wipe`).
void draw_disk_faults(nemesis_options& to, sim_random random) {
  auto mean = [&] {
    return random.chance(400) ? random.between(2s, 15s) : nanoseconds{0};
  };
  to.disk_error_mean = mean();
  to.disk_full_mean = mean();
  switch (random.below(4)) {
    case 0:
      to.wipe_mean = 8s;
      break;
    case 1:
      to.damage_mean = 8s;
      break;
    case 2:
      to.disk_error_gives_up = true;
      break;
    default:
      break;
  }
}

/// What operators and bad hardware do to a cluster; each in few runs, so that
/// enough of them do without.
void draw_member_faults(fault_options& to, sim_random random) {
  auto mean = [&](unsigned permille) {
    return random.chance(permille) ? random.between(2s, 12s) : nanoseconds{0};
  };
  auto& n = to.nemesis;
  n.rolling_restart_mean = mean(150);
  n.join_mean = mean(250);
  n.leave_mean = mean(250);
  n.flap_mean = mean(300);
  if (to.clock_rate_ppm_max == 0)
    n.clock_beyond_mean = mean(250);
  if (random.chance(150))
    to.coordinator.delay_max = random.between(50ms, 1s);
  if (n.pause_mean > nanoseconds{0} && random.chance(60))
    n.pause_max = 60s;
}

} // namespace

fault_options fault_options::swarm(sim_random& random) {
  fault_options out;
  auto coin = [&] { return random.chance(500); };
  auto mean = [&] { return coin() ? random.between(1s, 12s) : nanoseconds{0}; };
  auto rare = [&](unsigned permille_max) {
    return coin() ? static_cast<unsigned>(random.below(permille_max + 1)) : 0u;
  };
  // Packets behind a slow one wait: many very slow ones would be a cut link.
  auto very_slow = random.chance(200);
  out.network.slow_permille = very_slow ? rare(1) : rare(20);
  out.network.slow_delay_max = very_slow ? nanoseconds{10s}
                                         : nanoseconds{200ms};
  out.network.detect_max = random.between(10ms, 10s);
  out.disk.slow_permille = rare(20);
  out.coordinator.unavailable_permille = rare(100);
  out.coordinator.unknown_permille = rare(200);
  out.coordinator.lost_hint_permille = rare(500);
  out.coordinator.double_hint_permille = rare(200);
  out.coordinator.hint_delay_max = coin() ? nanoseconds{20ms} : nanoseconds{5s};
  auto& nemesis = out.nemesis;
  nemesis.crash_mean = mean();
  nemesis.pause_mean = mean();
  nemesis.cut_mean = mean();
  nemesis.partition_mean = mean();
  nemesis.reset_mean = mean();
  nemesis.coordinator_away_mean = mean();
  nemesis.pause_max = random.between(100ms, 15s);
  if (coin()) {
    out.clock_rate_ppm_max = 24'000;
    nemesis.clock_change_mean = mean();
  }
  out.timer_late_max = coin() ? nanoseconds{1ms} : nanoseconds{100ms};
  nemesis.crash_point_mean = mean();
  draw_disk_faults(nemesis, random.fork(disk_label));
  draw_member_faults(out, random.fork(member_label));
  auto repeat = random.fork(repeat_label);
  if (repeat.chance(400))
    out.network.repeat_permille
      = static_cast<unsigned>(100 + repeat.below(901));
  return out;
}

} // namespace muster::sim
