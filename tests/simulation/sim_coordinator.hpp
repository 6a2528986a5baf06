// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/coordinator.hpp"
#include "tests/simulation/fault_options.hpp"
#include "tests/simulation/sim_events.hpp"
#include "tests/simulation/sim_process.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace muster::sim {

/// The coordinator of the simulated cluster: one linearizable map that all
/// machines reach, each with delays and failures of its own.
///
/// A request takes effect at one instant between its call and its answer; a
/// transaction that was answered `unknown` perhaps at a later one, even after
/// the death of who asked, or never.
class sim_coordinator {
public:
  sim_coordinator(sim_scheduler& scheduler, sim_random random,
                  const coordinator_options_sim& options, sim_trace& trace);

  /// The port of a new process.
  std::unique_ptr<coordinator> connect(const process_ptr& process);

  /// Away for everyone, until it is called with true.
  bool available() const {
    return available_;
  }

  void set_available(bool x);

  /// Away for one machine, until `reconnect`.
  void cut(const machine_id& id);
  void reconnect(const machine_id& id);
  void reconnect_all();

  /// Changes no more than the chance of failures; for the end of a run.
  void set_options(const coordinator_options_sim& options) {
    options_ = options;
  }

  /// Ranges that were read, and the bytes of their keys and values.
  struct counters {
    uint64_t reads = 0;
    uint64_t read_bytes = 0;
  };

  const counters& count() const {
    return count_;
  }

  // What follows is for the simulation itself: at once and without faults.

  coordinator_range range_now(const std::string& prefix) const;
  coordinator_txn_answer txn_now(const coordinator_txn& x);

  uint64_t revision() const {
    return revision_;
  }

private:
  friend class sim_coordinator_port;

  struct entry {
    std::string value;
    uint64_t mod_revision = 0;
    /// The lease that it ends with; 0 = none.
    uint64_t lease = 0;
  };

  struct watcher {
    process_ptr process;
    sim_process::stream stream;
    std::string prefix;
    std::function<void()> hint;
  };

  bool reachable(const machine_id& id) const {
    return available_ && !cut_.contains(id);
  }

  nanoseconds delay();
  coordinator_txn_answer apply(const coordinator_txn& x, uint64_t lease);
  bool holds(const coordinator_txn& x) const;
  bool renew(uint64_t lease, std::chrono::seconds ttl);
  void expire(uint64_t lease);
  void changed(const std::vector<std::string>& keys);
  void tell(const watcher& x);

  sim_scheduler& scheduler_;
  sim_random random_;
  coordinator_options_sim options_;
  sim_trace& trace_;
  bool available_ = true;
  std::set<machine_id> cut_;
  std::map<std::string, entry> entries_;
  uint64_t revision_ = 1;
  uint64_t last_lease_ = 0;
  /// When each live lease ends.
  std::map<uint64_t, world_time> leases_;
  std::vector<watcher> watchers_;
  counters count_;
};

} // namespace muster::sim
