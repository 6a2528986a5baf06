// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/sim_coordinator.hpp"
#include "tests/simulation/sim_disk.hpp"
#include "tests/simulation/sim_network.hpp"
#include "tests/simulation/virtual_clock.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace muster::sim {

/// Everything that one process of a simulated machine reaches the outside
/// with. It lives until the end of the world, so what it refers to may be used
/// as long as the process's actors live.
struct sim_ports {
  machine_id id;
  /// How many processes of this machine there were before; the seed of the
  /// run decides everything else.
  uint64_t start_count;
  clock_source& clock;
  /// Call `start` once the incarnation is known, then `set_peers`.
  sim_transport& network;
  store& disk;
  coordinator& config;
  random_source& random;
  event_sink& events;
  sim_trace& trace;
  sim_timers& timers;
};

/// One process of a machine, from its start to its crash: the production
/// actors. What a run asks of it, it knows by the type that its host made. The
/// destructor is the crash: it kills them, sends nothing, writes nothing.
class sim_machine {
public:
  virtual ~sim_machine() = default;
};

/// Makes the processes. Implemented with the production actors, and in tests
/// with toys.
class sim_machine_host {
public:
  virtual ~sim_machine_host() = default;

  /// Starts a process: recovers the disk, registers, ... through the ports.
  virtual std::unique_ptr<sim_machine> start(const sim_ports& ports) = 0;

  /// Lets all actors of all machines work until all of them wait. Runs after
  /// each event of the world.
  virtual void settle() = 0;
};

/// The simulated cluster: time, network, coordinator, and for each machine a
/// clock and a disk. One seed is one run, byte for byte.
///
/// Not thread-safe; there is one thread.
class sim_world {
public:
  /// @param trace  a line an event; none = no trace
  sim_world(uint64_t seed, const fault_options& faults, sim_machine_host& host,
            std::ostream* trace = nullptr);

  ~sim_world();

  sim_world(const sim_world&) = delete;
  sim_world& operator=(const sim_world&) = delete;

  /// A new machine with an empty disk; not started.
  void add_machine(const machine_id& id);

  /// @pre it is down
  void start(const machine_id& id);

  /// The process dies at once, between two events of its actors.
  /// @param power_loss  its host too: the clock begins again and peers learn
  ///        it only from the silence
  void crash(const machine_id& id, bool power_loss = false);

  void restart(const machine_id& id) {
    crash(id);
    start(id);
  }

  /// SIGSTOP and SIGCONT.
  void pause(const machine_id& id);
  void resume(const machine_id& id);

  /// Does something as a user of this process would: not while it is paused
  /// (it waits then), and never once it is dead.
  void use(const machine_id& id, std::function<void()> x);

  /// Cuts or heals the links between a machine and all others.
  void isolate(const machine_id& id);
  void rejoin(const machine_id& id);

  /// A machine that is down leaves for ever.
  void retire(const machine_id& id);

  bool is_retired(const machine_id& id) const;
  bool is_up(const machine_id& id) const;
  bool is_paused(const machine_id& id) const;

  /// The process's object as the host made it; null = down.
  sim_machine* machine(const machine_id& id) const;

  /// Those that have not retired.
  std::vector<machine_id> machines() const;

  /// Of all that ever were.
  size_t machine_count() const {
    return machines_.size();
  }

  virtual_clock& clock(const machine_id& id);
  sim_disk& disk(const machine_id& id);

  /// How often the machine was started.
  size_t start_count(const machine_id& id) const;

  sim_network& network() {
    return network_;
  }

  sim_coordinator& config() {
    return config_;
  }

  sim_scheduler& scheduler() {
    return scheduler_;
  }

  sim_trace& trace() {
    return trace_;
  }

  /// An independent generator for a part of the run.
  sim_random fork(uint64_t label) const {
    return random_.fork(label);
  }

  void run_until(world_time end) {
    scheduler_.run_until(end);
  }

private:
  /// The ports of one process.
  struct process_world;

  struct simulated_machine {
    std::unique_ptr<virtual_clock> clock;
    std::unique_ptr<sim_disk> disk;
    uint64_t start_count = 0;
    bool retired = false;
    sim_random random{0};
    /// The last is of the present process; those of dead ones stay for what
    /// is still under way from them.
    std::vector<std::unique_ptr<process_world>> processes;
    std::unique_ptr<sim_machine> running;
  };

  simulated_machine& at(const machine_id& id);
  const simulated_machine& at(const machine_id& id) const;

  fault_options faults_;
  sim_machine_host& host_;
  sim_random random_;
  sim_scheduler scheduler_;
  sim_trace trace_;
  sim_network network_;
  sim_coordinator config_;
  std::map<machine_id, simulated_machine> machines_;
};

} // namespace muster::sim
