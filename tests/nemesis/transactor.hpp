// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "tests/checker/transaction_mix.hpp"
#include "tests/nemesis/interrupts.hpp"
#include "tests/nemesis/stop_flag.hpp"

#include <string>
#include <vector>

namespace muster::nemesis {

/// One client that sends commands over several shards: transfers, audits, and
/// appends to lists that it has read. One at a time, on one machine until that
/// fails.
///
/// Owned by one thread.
class transactor {
public:
  transactor(std::string name, uint64_t seed,
             const std::vector<cli::server_address>& machines);

  /// Transactions until the flag is set.
  void run(stop_flag& stop);

  const std::vector<sim::transaction>& appends() const {
    return appends_;
  }

  /// How many transfers, audits and appends were committed.
  size_t committed_count() const {
    return committed_;
  }

  /// What an audit saw that cannot be; empty: nothing.
  const std::string& problem() const {
    return problem_;
  }

private:
  struct told {
    sim::answer outcome = sim::answer::unknown;
    bool otherwise = false;
    std::vector<int64_t> counters;
  };

  bool act();
  bool append();
  told submit(const command& x);

  const std::string name_;
  sim::sim_random random_;
  std::vector<cli::http_caller> callers_;
  size_t machine_ = 0;
  uint64_t names_ = 0;
  size_t committed_ = 0;
  std::vector<sim::transaction> appends_;
  std::string problem_;
};

/// Reads all lists and counters at their homes, after all faults.
/// Errors: `timed_out` after `until`.
result<sim::transaction_finals>
read_finals(const std::vector<cli::server_address>& machines,
            interrupts& signals, interrupts::clock::time_point until);

} // namespace muster::nemesis
