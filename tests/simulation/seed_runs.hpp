// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/simulation.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace muster::sim {

/// Which seeds are run, and how.
struct seed_range {
  uint64_t first = 1;
  uint64_t count = 0;
  /// Processes that share the work; a seed is one process's.
  unsigned jobs = 1;
  /// End at the first seed that fails (each process at its own first one).
  bool until_failure = false;
};

struct seed_totals {
  uint64_t run_count = 0;
  uint64_t failed_count = 0;
  uint64_t definite_count = 0;
  /// The fewest definite operations of a seed.
  uint64_t definite_min = UINT64_MAX;
  /// The lowest seed that failed; 0 = none.
  uint64_t first_failed = 0;
  double simulated_seconds = 0;
  double took_seconds = 0;
};

/// Runs the seeds in `jobs` processes, made by fork before any thread is.
/// @param failed  called for each failure, in the process that found it
/// A process that is ended by a signal, as an assertion does, counts as one
/// failed seed: the one that it ran.
seed_totals
run_seeds(const seed_range& range,
          const std::function<simulation_result(uint64_t seed)>& run,
          const std::function<void(uint64_t seed, const std::string&)>& failed);

} // namespace muster::sim
