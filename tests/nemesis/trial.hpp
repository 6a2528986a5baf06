// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/checker.hpp"
#include "tests/nemesis/interrupts.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace muster::nemesis {

struct trial_options {
  uint64_t seed = 1;
  std::chrono::seconds length{60};
  size_t machines = 5;
  size_t switches = 0;
  size_t clients = 32;
  /// Definite operations that each second must bring: fewer prove too little.
  size_t definite_each_second = 333;
  /// Of the cluster: data, logs, `faults`; must be empty.
  std::filesystem::path directory;
  /// Where the history goes, as JSON lines; empty = nowhere.
  std::filesystem::path history;
};

/// Unknown outcomes of 1000 operations, at most.
constexpr size_t unknown_permille_max = 50;

struct trial_result {
  /// Why it failed, in the order in which it matters; empty = it passed.
  std::string problem;
  size_t operations = 0;
  /// Done or refused by a guard.
  size_t definite = 0;
  /// Surely not applied, or a read without an answer.
  size_t failed = 0;
  size_t unknown = 0;
  /// Reads from the memory of a machine that does not store the shard.
  size_t copy_reads = 0;
  /// Commands over several shards that were committed.
  size_t transactions = 0;
  /// Sessions that were seen to end, and changes of policies.
  size_t sessions = 0;
  size_t policy_changes = 0;
  size_t violations = 0;
  size_t undecided_keys = 0;
  std::string faults;

  size_t unknown_permille() const {
    return operations == 0 ? 0 : unknown * 1000 / operations;
  }
};

/// One run: a cluster, clients, faults, the end without faults, the judgement.
trial_result run_trial(const trial_options& options, interrupts& signals);

} // namespace muster::nemesis
