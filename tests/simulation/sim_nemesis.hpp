// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/fault.hpp"
#include "tests/simulation/sim_world.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace muster::sim {

/// Does to a world what `nemesis_options` says, at random times, until it is
/// told to stop; then it mends everything. The checker never looks at it.
///
/// Sources: `sim_nemesis.cpp` (when), `sim_nemesis_machines.cpp` (processes,
/// hosts and disks), `sim_nemesis_members.cpp` (machines that come and go),
/// `sim_nemesis_links.cpp` (links, coordinator, clocks).
class sim_nemesis {
public:
  sim_nemesis(sim_world& world, const fault_options& faults, sim_random random);

  /// Begins. Call it once, when all machines were added.
  /// @param joined  called with each machine that joins later, once it started
  void begin(std::function<void(const machine_id&)> joined);

  /// From now on, what has not happened so far is tried again and again.
  void insist();

  /// From now on nothing else happens: some faults need a healthy cluster.
  void only_what_is_missing();

  /// Faults of the options that have not happened; a run whose faults never
  /// bit proves nothing.
  std::vector<std::string_view> never_bit() const;

  /// No more faults: links heal, machines go on and start again.
  void stop();

  const fault_counts& count() const {
    return count_;
  }

private:
  using action = void (sim_nemesis::*)();

  struct plan {
    fault what;
    nanoseconds mean;
    action act;
  };

  void repeat(const plan& x);
  void insist_on(const plan& x);
  void insist_on_repeats();

  void crash_one();
  void arm_crash_point();
  void crash_at_point(const machine_id& id);
  void restart_soon(const machine_id& id);
  void roll();
  /// @param rolled  how many were restarted so far
  void roll_on(std::vector<machine_id> left, size_t rolled);
  void pause_one();
  void join_one();
  void leave_one();
  void drain_on(const machine_id& id);
  void remove_gone(const machine_id& id, nanoseconds left);
  void mark_draining(const machine_id& id, bool on);
  void cut_one();
  void cut_one_from(const machine_id& id);
  void cut_pair(const machine_id& from, const machine_id& to);
  void flap_one();
  void flap_on(const machine_id& from, const machine_id& to, size_t left);
  void partition();
  void reset_one();
  void take_coordinator_away();
  void change_clock();
  void push_clock_beyond();
  void wipe_one();
  void damage_one();
  void fail_disk();
  void fill_disk();

  machine_id some_machine();
  std::pair<machine_id, machine_id> some_pair();
  bool may_take_down(const machine_id& id) const;
  bool may_lose_disk() const;
  bool may_wipe(const machine_id& id) const;
  bool may_leave(const machine_id& id) const;
  void start_later(const machine_id& id, nanoseconds longest);

  /// Does `x` within `longest`, unless everything was mended before.
  void mend_later(nanoseconds longest, std::function<void()> x);

  /// Does `x` after `wait`, unless everything was mended before.
  void later(nanoseconds wait, std::function<void()> x);

  sim_world& world_;
  nemesis_options options_;
  int64_t clock_rate_ppm_max_;
  sim_random random_;
  fault_counts count_;
  std::vector<plan> plans_;
  std::function<void(const machine_id&)> joined_;
  /// Whose clock is beyond the bound.
  machine_id beyond_;
  /// Who leaves the cluster.
  machine_id leaving_;
  bool only_missing_ = false;
  bool stopped_ = false;
  bool rolling_ = false;
};

} // namespace muster::sim
