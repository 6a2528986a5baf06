// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/history.hpp"
#include "tests/nemesis/cluster.hpp"

namespace muster::nemesis {

struct final_check_options {
  std::vector<std::string> keys;
  interrupts::clock::time_point until;
};

/// Without faults: all shards are served, each key can be written, and every
/// machine then reads what was written. Nobody else may write meanwhile.
/// @param to  gets the operations, by a client named `final`
/// Errors: `timed_out` says what did not happen by `until`; `corrupt`: a
/// machine read another value.
status check_finally(const cluster& what, interrupts& signals,
                     const final_check_options& options, sim::history& to);

} // namespace muster::nemesis
