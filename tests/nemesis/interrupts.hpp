// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

namespace muster::nemesis {

/// SIGINT, SIGTERM and SIGHUP as a reason to end early, and the pauses of the
/// main thread, which they cut short. Make it before any other thread: it
/// blocks the signals, and threads inherit that. For one thread.
class interrupts {
public:
  using clock = std::chrono::steady_clock;

  interrupts();

  /// Waits until `time`. @returns false if a signal came, then and ever after
  bool wait_until(clock::time_point time);

  /// Waits until `holds`, which is asked about twenty times a second.
  /// @returns false if it does not by `time`, or a signal came
  bool wait_for(clock::time_point time, const std::function<bool()>& holds);

  bool came() const {
    return came_;
  }

private:
  bool came_ = false;
};

} // namespace muster::nemesis
