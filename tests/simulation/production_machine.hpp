// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "runtime/read_table/read_table.hpp"
#include "tests/simulation/shard_watch.hpp"
#include "tests/simulation/sim_actors.hpp"
#include "tests/simulation/sim_world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace muster::sim {

/// The cluster that a run simulates.
struct cluster_shape {
  uint32_t shard_count = 6;
  uint32_t replication = 3;
  /// m1, m2, ...: the first store data, the others only hold copies.
  uint32_t storing_count = 3;
  uint32_t holding_count = 2;
  size_t commands_max = 64;
  /// Re-replication; without it no machine is ever replaced.
  planner_options moves{3, nanoseconds{0}, false, 4, std::chrono::seconds{15}};
  /// What each machine mirrors, again after every start.
  std::map<machine_id, std::vector<std::string>> mirrors;
  /// Copies of single keys; without memory there are none.
  key_copy_options key_copies{0, 16, 3, 2};
  interest_options interest{2, 64};
  size_t keys_max = 24;
  /// s1, s2, ...: they store nothing and mirror nothing.
  uint32_t switch_count = 0;
  /// Which machine is behind which switch.
  std::map<machine_id, machine_id> behind;

  uint32_t first_count() const {
    return storing_count + holding_count;
  }

  /// Whether the machine stores data; one that joins later does.
  bool stores(const machine_id& id) const {
    if (is_switch(id))
      return false;
    auto number = std::stoul(id.value.substr(1));
    return number <= storing_count || number > first_count();
  }

  static bool is_switch(const machine_id& id) {
    return id.value.front() == 's';
  }
};

/// One process of a machine over the production actors: what `local_machine`
/// is in production, without its threads.
///
/// The destructor is a crash. What actors and late callbacks refer to goes to
/// the host then and lives as long as it.
class production_machine final : public sim_machine {
public:
  class host;
  struct process;

  production_machine(host& owner, const sim_ports& ports);
  ~production_machine() override;

  /// Registered, and its actors run.
  bool ready() const;

  /// @pre ready()
  const read_table& table() const;
  machine_environment& environment() const;

  /// Mirrors a prefix, or lets it go.
  void mirror(const std::string& prefix, bool on);

  /// It ends its own session, as one that is about to stop does.
  void say_farewell();

  /// Commands and questions without an answer so far.
  size_t open_count() const;

  /// Submits a command; `then` comes at most once, and never after a crash.
  /// @returns false: no command object is free, nothing was sent
  bool submit(command x, sequence born, nanoseconds timeout,
              std::function<void(command_answer)> then);

  /// Reads a key at its home. `then` gets null if the deadline passed.
  void ask_home(shard_id shard, std::string key, nanoseconds timeout,
                std::function<void(const read_reply*)> then);

  /// Lists a prefix at the shard's home.
  void ask_list(shard_id shard, std::string prefix, nanoseconds timeout,
                std::function<void(const list_reply*)> then);

  /// Watches a prefix. @returns the ticket, to end it
  uint64_t watch(std::string prefix, watch_position from,
                 std::function<void(const std::vector<watch_event>&)> then);
  void end_watch(uint64_t ticket);

private:
  host& owner_;
  std::unique_ptr<process> process_;
};

/// Makes the machines of one world, in one actor system.
class production_machine::host final : public sim_machine_host {
public:
  host(sim_actors& actors, shard_watch& watch, cluster_shape shape,
       sim_random random);
  ~host() override;

  std::unique_ptr<sim_machine> start(const sim_ports& ports) override;
  void settle() override;

  const cluster_shape& shape() const {
    return shape_;
  }

  /// Copies of single keys, of all processes together.
  key_copy_probe key_copies() const;

private:
  friend class production_machine;
  friend struct process;

  sim_actors& actors_;
  shard_watch& watch_;
  cluster_shape shape_;
  sim_random random_;
  std::vector<std::unique_ptr<process>> dead_;
  std::set<const process*> alive_;
};

} // namespace muster::sim
