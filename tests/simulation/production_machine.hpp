// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "runtime/read_table/read_table.hpp"
#include "tests/simulation/cluster_shape.hpp"
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
