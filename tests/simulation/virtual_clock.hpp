// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/clock.hpp"
#include "tests/simulation/sim_process.hpp"

namespace muster::sim {

/// The boot clock of one simulated host: it has an offset and a rate of its
/// own, goes on while the process is paused or dead, and begins again when
/// the host boots. It never goes back within one boot.
class virtual_clock final : public clock_source {
public:
  /// @param since_boot  what it shows now
  /// @param rate_ppm  how much faster than the world it runs, in millionths
  virtual_clock(const sim_scheduler& scheduler, nanoseconds since_boot,
                int64_t rate_ppm);

  boot_time now() const override;

  void set_rate(int64_t rate_ppm);

  /// A new boot. Only between two processes.
  void reboot(nanoseconds since_boot);

  /// How long the world waits until this clock has moved by `local`, rounded
  /// up.
  world_time world_delay(nanoseconds local) const;

private:
  const sim_scheduler& scheduler_;
  world_time since_;
  nanoseconds shown_then_;
  int64_t rate_ppm_;
};

/// The timers of one process, on its machine's clock. There is no port for
/// them: production uses its event loop, and cores get ticks.
class sim_timers {
public:
  /// @param late_max  how late a timer may fire
  sim_timers(process_ptr process, const virtual_clock& clock, sim_random random,
             nanoseconds late_max);

  /// Calls `x` once.
  void after(nanoseconds delay, std::function<void()> x);

  /// Calls `x` again and again, as long as the process lives; the next wait
  /// begins when `x` has run, so a pause brings one call, not many.
  void every(nanoseconds period, std::function<void()> x);

private:
  void arm(nanoseconds delay, sim_process::stream in, std::function<void()> x);

  process_ptr process_;
  const virtual_clock& clock_;
  sim_random random_;
  nanoseconds late_max_;
};

} // namespace muster::sim
