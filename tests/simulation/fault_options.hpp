// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/sim_random.hpp"

#include <chrono>
#include <cstddef>

namespace muster::sim {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct network_options {
  /// Of one packet, without faults.
  nanoseconds delay_min = 50us;
  nanoseconds delay_max = 500us;
  /// Packets of 1000 that take up to `slow_delay_max`; those behind them on
  /// the same connection wait.
  unsigned slow_permille = 0;
  nanoseconds slow_delay_max = 200ms;
  /// TCP and TLS handshake.
  nanoseconds connect_min = 200us;
  nanoseconds connect_max = 5ms;
  /// Between two attempts to connect; doubles from the first to the second.
  nanoseconds back_off_min = 20ms;
  nanoseconds back_off_max = 1s;
  /// After which a silent or refused peer counts as disconnected.
  nanoseconds detect_min = 1ms;
  nanoseconds detect_max = 5s;
  /// New connections of 1000 on which the last packets of the one before come
  /// again, or at last. Not those that `never_repeated` names.
  unsigned repeat_permille = 0;
  size_t repeat_count_max = 8;
  /// What each packet costs the processor of its sender, and of its receiver,
  /// which has one: packets wait for each other. 0: they do not.
  nanoseconds packet_cost = 0s;
  /// Of one connection; beyond it `send` says `overloaded`.
  size_t outbox_bytes_max = 64u << 20;
};

struct disk_options {
  /// Of one sync; it takes everything that waits at its beginning.
  nanoseconds sync_min = 200us;
  nanoseconds sync_max = 2ms;
  /// Syncs of 1000 that take up to `slow_sync_max`.
  unsigned slow_permille = 0;
  nanoseconds slow_sync_max = 2s;
};

struct coordinator_options_sim {
  /// Of a request and of its answer, each.
  nanoseconds delay_min = 200us;
  nanoseconds delay_max = 3ms;
  /// After which a request without an answer is given up.
  nanoseconds deadline = 2s;
  /// Requests of 1000 that fail though the coordinator is there.
  unsigned unavailable_permille = 0;
  /// Transactions of 1000 that are answered `unknown`: a third was applied, a
  /// third is applied within `late_max`, a third never.
  unsigned unknown_permille = 0;
  nanoseconds late_max = 5s;
  /// Hints of 1000 that are lost, and that come twice.
  unsigned lost_hint_permille = 0;
  unsigned double_hint_permille = 0;
  nanoseconds hint_delay_max = 20ms;
};

/// What happens to machines and links from time to time. A mean of 0 = never.
struct nemesis_options {
  /// kill -9, or with `power_loss_permille` the host with its clock.
  nanoseconds crash_mean = 0s;
  unsigned power_loss_permille = 300;
  nanoseconds down_max = 8s;
  /// Crashes of 1000 after which the machine is back at once.
  unsigned quick_restart_permille = 300;
  nanoseconds quick_restart_max = 100ms;
  /// One machine after the other, each down for a moment.
  nanoseconds rolling_restart_mean = 0s;
  nanoseconds roll_down_max = 500ms;
  nanoseconds roll_step_max = 3s;
  /// A machine joins, a machine leaves for ever; each once in a run.
  nanoseconds join_mean = 0s;
  nanoseconds leave_mean = 0s;
  nanoseconds pause_mean = 0s;
  nanoseconds pause_max = 10s;
  /// A link, both ways or one way, or all links of a machine.
  nanoseconds cut_mean = 0s;
  nanoseconds cut_max = 8s;
  unsigned one_way_permille = 300;
  unsigned isolate_permille = 200;
  /// Of one link: so often other links of one of its machines with it.
  unsigned partial_permille = 400;
  /// A link that is cut and heals again and again.
  nanoseconds flap_mean = 0s;
  nanoseconds flap_min = 10ms;
  nanoseconds flap_max = 700ms;
  /// The machines fall into two groups that do not hear each other; only one
  /// of them hears the coordinator.
  nanoseconds partition_mean = 0s;
  nanoseconds partition_max = 8s;
  /// A connection that breaks and comes back at once.
  nanoseconds reset_mean = 0s;
  /// The coordinator is away, for all or for one machine.
  nanoseconds coordinator_away_mean = 0s;
  nanoseconds coordinator_away_max = 10s;
  /// A clock changes its rate, within the bound, and beyond it.
  nanoseconds clock_change_mean = 0s;
  nanoseconds clock_beyond_mean = 0s;
  nanoseconds clock_beyond_max = 10s;
  /// A process dies at a certain step of the protocol (`sim_trace::point`).
  nanoseconds crash_point_mean = 0s;
  /// A disk is empty at the next start.
  nanoseconds wipe_mean = 0s;
  /// A sync fails; the process ends within `failed_disk_max` of it.
  nanoseconds disk_error_mean = 0s;
  nanoseconds failed_disk_max = 300ms;
  /// Whether the first one that may cost a disk does: the store is given up,
  /// and the next start makes a new one. Else the mark is lost with the disk.
  bool disk_error_gives_up = false;
  /// A disk is full for a while.
  nanoseconds disk_full_mean = 0s;
  nanoseconds disk_full_max = 8s;
  /// A bit of a stored shard is flipped, found at the next start.
  nanoseconds damage_mean = 0s;
  /// Machines that are down or paused at the same time.
  size_t down_count_max = 1;
};

/// All faults of one run.
struct fault_options {
  network_options network;
  disk_options disk;
  coordinator_options_sim coordinator;
  nemesis_options nemesis;
  /// How much clock rates differ from the world's at most; a lease tolerates
  /// 25000 each way (rates 5 % apart).
  int64_t clock_rate_ppm_max = 0;
  /// How late a timer may fire.
  nanoseconds timer_late_max = 1ms;

  /// Delays only.
  static fault_options calm() {
    return {};
  }

  /// A random subset of all faults (swarm testing, Groce et al. 2012).
  static fault_options swarm(sim_random& random);
};

} // namespace muster::sim
