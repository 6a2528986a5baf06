// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/production_machine.hpp"
#include "tests/simulation/scale_options.hpp"
#include "tests/simulation/scale_write.hpp"

#include <caf/actor_system_config.hpp>

#include <optional>
#include <string>
#include <vector>

namespace muster::sim {

/// Many production machines in one simulated world without faults, and one
/// record that is held and written.
///
/// Life: `boot`, then anything. Every function that waits runs the world, and
/// fails with a reason if what it waits for does not come.
///
/// Not thread-safe.
class scale_cluster {
public:
  explicit scale_cluster(const scale_options& options);

  /// Starts all machines and waits until they serve. @returns empty, or what
  /// is missing
  std::string boot();

  /// Those that may hold the record, in the order in which they come to. With
  /// switches the next one is behind the next switch.
  const std::vector<machine_id>& candidates() const {
    return candidates_;
  }

  /// The first `count` candidates mirror the record; waits until all serve it.
  std::string hold(size_t count);

  /// Writes the record at `origin` once, and waits until it can be read
  /// everywhere. Nothing: it was not committed, `problem` says why.
  std::optional<write_cost> write(const machine_id& origin);

  /// A machine that is not the record's home, for the write of this number.
  machine_id origin_for(size_t number) const;

  /// The primary of the record's shard.
  machine_id home();

  /// Whether the machine serves the record from its own memory, in its newest
  /// version.
  bool serves(const machine_id& id) const;
  size_t serving_count(const std::vector<machine_id>& of) const;

  production_machine* machine(const machine_id& id) const;

  /// Runs until `done`, asked every millisecond. @returns the time it took;
  /// nothing: not within `patience`
  std::optional<nanoseconds> wait_for(nanoseconds patience,
                                      const std::function<bool()>& done);

  void run_for(nanoseconds x);

  /// How many of these have their copy from this granter.
  size_t granted_by(const machine_id& granter,
                    const std::vector<machine_id>& of) const;

  uint64_t actor_messages() const {
    return actors_.handled_count();
  }

  /// The name of a machine that joins later, and mirrors the record at once.
  const machine_id& newcomer() const {
    return newcomer_;
  }

  const std::string& prefix() const {
    return prefix_;
  }

  size_t holder_count() const {
    return held_;
  }

  /// Who is behind which switch.
  const std::map<machine_id, machine_id>& racks() const {
    return host_.shape().behind;
  }

  traffic_meter& meter() {
    return meter_;
  }

  sim_world& world() {
    return world_;
  }

  /// What a check of the whole world found wrong so far; empty: nothing.
  std::string problem() const;

private:
  static cluster_shape shape_of(const scale_options& options);
  static fault_options calm(const scale_options& options);
  bool is_ready(const machine_id& id) const;
  void submit(const machine_id& origin, command x);

  scale_options options_;
  sim_random seeds_;
  std::string prefix_;
  std::string key_;
  shard_id shard_;
  std::vector<machine_id> candidates_;
  machine_id newcomer_;
  caf::actor_system_config config_;
  shard_watch watch_;
  sim_actors actors_;
  production_machine::host host_;
  sim_world world_;
  traffic_meter meter_;
  size_t held_ = 0;
  uint64_t written_ = 0;
  sequence newest_;
  std::optional<command_answer> answer_;
  world_time answered_at_{};
  std::string wrong_;
};

} // namespace muster::sim
