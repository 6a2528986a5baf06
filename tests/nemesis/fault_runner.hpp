// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/cluster.hpp"
#include "tests/nemesis/schedule.hpp"

#include <array>
#include <ostream>

namespace muster::nemesis {

/// Does to a cluster what a schedule says, in the thread that started it, and
/// notes whether it took effect. At the end everything is mended.
class fault_runner {
public:
  struct tally {
    size_t planned = 0;
    /// It took effect: a process was gone or stopped, a connection was reset,
    /// bytes waited.
    size_t bit = 0;
  };

  /// @param log  gets a line for each begin and end, with the time of the
  ///             history's clock
  fault_runner(cluster& to, interrupts& signals, std::ostream& log);

  /// Returns at the end of the last fault.
  /// Errors: `unavailable` (a process died by itself, or a signal came), `io`.
  status run(const std::vector<planned_fault>& all);

  /// No more faults, everything runs. Error: `io` (something does not start).
  status mend();

  const std::array<tally, fault_kinds>& counts() const {
    return counts_;
  }

  /// `kill 3/3, pause 2/2`: how many of each kind took effect.
  std::string text() const;

  /// The first kind that was planned and never took effect; empty if none.
  std::string never_bit() const;

private:
  struct event;

  std::vector<event> events_of(const std::vector<planned_fault>& all) const;
  status handle(const event& x);
  status begin(size_t number, const planned_fault& x);
  status end(size_t number, const planned_fault& x);
  void note(const char* what, const planned_fault& x);
  std::string name_of(const planned_fault& x) const;
  uint64_t marks(const planned_fault& x);

  cluster& cluster_;
  interrupts& signals_;
  std::ostream& log_;
  std::array<tally, fault_kinds> counts_{};
  /// By the number of a fault of links: what its links had counted before.
  std::map<size_t, uint64_t> marks_;
};

} // namespace muster::nemesis
