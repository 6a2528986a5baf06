// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/sim_world.hpp"

namespace muster::sim {

/// Does to a world what `nemesis_options` says, at random times, until it is
/// told to stop; then it mends everything. The checker never looks at it.
class sim_nemesis {
public:
  /// How often each fault happened: a run whose faults never bit proves
  /// nothing.
  struct counters {
    size_t crashes = 0;
    size_t power_losses = 0;
    size_t pauses = 0;
    size_t cuts = 0;
    size_t partitions = 0;
    size_t resets = 0;
    size_t coordinator_away = 0;
    size_t clock_changes = 0;
    size_t wipes = 0;
    size_t crash_points = 0;
    size_t disk_errors = 0;
    size_t full_disks = 0;
    size_t damages = 0;

    size_t sum() const {
      return crashes + power_losses + pauses + cuts + partitions + resets
             + coordinator_away + clock_changes + wipes + crash_points
             + disk_errors + full_disks + damages;
    }
  };

  sim_nemesis(sim_world& world, const fault_options& faults, sim_random random);

  /// Begins. Call it once, when all machines were added.
  void begin();

  /// No more faults: links heal, machines go on and start again.
  void stop();

  /// Crashes a machine now, if nothing has happened so far.
  void ensure_fault();

  const counters& count() const {
    return count_;
  }

private:
  using fault = void (sim_nemesis::*)();

  void repeat(nanoseconds mean, fault what);
  void crash_one();
  void arm_crash_point();
  void crash_at_point(const machine_id& id);
  void restart_soon(const machine_id& id);
  void pause_one();
  void cut_one();
  void cut_one_from(const machine_id& id);
  void cut_pair(const machine_id& from, const machine_id& to);
  void partition();
  void reset_one();
  void take_coordinator_away();
  void change_clock();
  void wipe_one();
  void damage_one();
  void fail_disk();
  void fill_disk();

  machine_id some_machine();
  std::pair<machine_id, machine_id> some_pair();
  bool may_take_down(const machine_id& id) const;
  bool may_wipe(const machine_id& id) const;

  /// Does `x` within `longest`, unless everything was mended before.
  void mend_later(nanoseconds longest, std::function<void()> x);

  sim_world& world_;
  nemesis_options options_;
  int64_t clock_rate_ppm_max_;
  sim_random random_;
  counters count_;
  bool stopped_ = false;
};

} // namespace muster::sim
