// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "cli/launch/layout.hpp"
#include "tests/nemesis/interrupts.hpp"
#include "tests/nemesis/network.hpp"

#include <map>
#include <memory>
#include <string>

namespace muster::nemesis {

struct cluster_options {
  std::filesystem::path directory;
  size_t machines = 5;
  /// The machines are behind them; 0 = none.
  size_t switches = 0;
  uint32_t shards = 16;
  size_t etcd = 3;
};

/// A cluster of real processes on loopback, whose machines reach each other
/// through a `network`. Its end stops every process, paused ones included.
///
/// Not thread-safe: the thread that starts a process must outlive it, or the
/// system ends the process with the thread.
class cluster {
public:
  /// Starts everything and waits until all shards are served.
  /// Errors: those of launching; `timed_out` says what it waited for.
  static result<std::unique_ptr<cluster>> start(const cluster_options& options,
                                                interrupts& signals);

  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  ~cluster();

  const launch::cluster_plan& plan() const {
    return plan_;
  }

  network& links() {
    return *network_;
  }

  /// Where clients reach the machines, with the right to write; not the
  /// switches.
  const std::vector<cli::server_address>& addresses() const {
    return addresses_;
  }

  /// kill -9. @returns whether it ran and is gone now
  bool kill(const std::string& name);

  /// Starts what does not run. Error: `io`.
  status start(const std::string& name);

  /// SIGSTOP. @returns whether the system shows it stopped
  bool pause(const std::string& name, interrupts& signals);

  /// SIGCONT, if it runs.
  void resume(const std::string& name);

  /// A process that ended although nobody killed it, and the end of its log;
  /// empty if none did.
  std::string unexpected_death() const;

  /// All machines and shards serve by `time`. Error: `timed_out` says what
  /// does not.
  status wait_until_served(interrupts& signals,
                           interrupts::clock::time_point time) const;

private:
  explicit cluster(std::filesystem::path directory)
    : directory_(std::move(directory)) {
    // nop
  }

  status prepare(const cluster_options& options);
  status start_etcd(interrupts& signals, interrupts::clock::time_point time);
  status start_machines(interrupts& signals,
                        interrupts::clock::time_point time);
  launch::spawn_options how_to_start(const std::string& name) const;

  const std::filesystem::path directory_;
  launch::cluster_plan plan_;
  launch::programs programs_;
  std::unique_ptr<network> network_;
  /// What should run.
  std::map<std::string, launch::process_record> processes_;
  std::vector<cli::server_address> addresses_;
};

} // namespace muster::nemesis
