// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/requester.hpp"
#include "tests/nemesis/stop_flag.hpp"
#include "tests/simulation/sim_random.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::nemesis {

struct client_options {
  std::string name;
  uint64_t seed = 0;
  std::vector<std::string> keys;
  uint32_t shards = 1;
  /// Longest pause between two operations; half of it on average.
  std::chrono::microseconds pause_max{24'000};
};

/// One client: one operation at a time, on one machine until that fails.
/// Values are unique, since they begin with the client's name. After an unknown
/// outcome it goes on under a new name, as if it were another client.
///
/// Owned by one thread.
class client {
public:
  client(client_options options,
         const std::vector<cli::server_address>& machines);

  /// Operations until the flag is set.
  void run(stop_flag& stop);

  sim::history take_history() {
    return std::move(history_);
  }

private:
  sim::operation next();
  void guard(sim::operation& x);
  void note(sim::operation x);
  void move_on();
  std::string fresh_value();

  const client_options options_;
  requester requester_;
  sim::sim_random random_;
  sim::history history_;
  std::string name_;
  size_t machine_ = 0;
  uint64_t values_ = 0;
  uint64_t names_ = 0;

  struct known_record {
    sim::record_value value;
    uint64_t version = 0;
  };

  /// What it read or wrote last, by key; for guards.
  std::map<std::string, known_record> known_;
};

} // namespace muster::nemesis
