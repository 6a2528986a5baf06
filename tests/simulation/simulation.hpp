// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/checker.hpp"
#include "tests/checker/history.hpp"
#include "tests/simulation/sim_nemesis.hpp"
#include "tests/simulation/workload.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace muster::sim {

struct simulation_options {
  uint64_t seed = 1;
  /// With faults; 15 s without follow.
  std::chrono::seconds faults_for{30};
  /// False: only delays.
  bool with_faults = true;
  /// 3 to 5; 3 store, the others hold copies. 0 = the seed chooses.
  uint32_t machine_count = 0;
  /// Operations a virtual second of all clients; 0 = the usual load.
  unsigned rate = 0;
  /// With planned moves, and more machines that store; else the seed chooses.
  std::optional<bool> with_moves;
  /// With an operator who adds and removes policies; else the seed chooses.
  std::optional<bool> with_policies;
  /// With switches, and machines behind them; else the seed chooses.
  std::optional<bool> with_switches;
  /// Does something to the world of its own, once the cluster serves.
  std::function<void(sim_world&)> script;
  /// A line an event; none = no trace.
  std::ostream* trace = nullptr;
};

/// What became of one seed.
struct simulation_result {
  /// Empty = it passed.
  std::string problem;
  size_t definite_count = 0;
  nanoseconds simulated{};
  uint64_t messages = 0;
  workload::counters done;
  fault_counts faults;
  /// Ordered, handed over (F2), and the longest time from the stop of a
  /// primary to the next one's first commit.
  size_t moves_ordered = 0;
  size_t handed_over = 0;
  nanoseconds pause_max{};
  /// Copies that were found to serve, each in its directory (I16).
  size_t copies_found = 0;
  /// Copies of single keys (D6).
  key_copy_probe key_copies;
  /// Those of them that a switch had granted.
  size_t copies_behind_found = 0;
  /// Attempts over several shards that were aborted.
  size_t aborted_parts = 0;
  /// Committed transfers, audits and appends.
  size_t transactions = 0;
  /// Sessions of users that were opened and found to have ended.
  size_t sessions_ended = 0;
  /// Allocations that were made, and attempts that lost a race.
  size_t placed = 0;
  size_t placing_races = 0;
  /// What watchers were told; how often one came back with a position, and how
  /// often a shard had forgotten it.
  size_t watched = 0;
  size_t watches_resumed = 0;
  size_t watches_compacted = 0;
  /// Policies that were added, and commits of which a policy had named a
  /// machine.
  size_t policies_added = 0;
  size_t policy_commits = 0;
  /// Of all disks: calls that a crash lost before their sync, and slow syncs.
  uint64_t lost_writes = 0;
  uint64_t slow_syncs = 0;
  /// Packets that came again on another connection.
  uint64_t repeated_packets = 0;
  history operations;
};

/// One seed: cluster, clients, faults, then 15 s in which everything heals,
/// then the judgement. Same seed, same run.
simulation_result simulate(const simulation_options& options);

} // namespace muster::sim
