// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/home_agent.hpp"
#include "registry/shard_replica.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/read_table/read_table.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace muster::sim {

/// I16: every copy that would serve a read is in the directory of the primary
/// that commits, or its lease is over. Of a copy that a switch has granted, the
/// directory has the switch, and the directory of the switch has the copy,
/// unless that incarnation of the switch is dead (S1, S2). Looks at every
/// machine's table and at every directory from outside, when it is asked to; it
/// changes nothing.
///
/// Not thread-safe; lives as long as the world.
class copy_watch {
public:
  /// Which machine is behind which switch.
  void know_racks(const std::map<machine_id, machine_id>& behind) {
    behind_ = behind;
  }

  /// What users of `who` read from now on, until it is forgotten.
  void observe_reads(const peer& who, const read_table& table) {
    tables_[who.id] = {who.run, &table};
  }

  /// The agent of a shard at `owner`, until it is forgotten.
  void observe_directory(const machine_id& owner, shard_id shard,
                         const home_agent& x) {
    directories_[{shard, owner}] = &x;
  }

  /// The process of `owner` is dead.
  void forget(const machine_id& owner);

  /// @param primary  of its shard, on `owner`; acts, and its fence is complete
  /// @param keys     of that shard
  /// @returns what is wrong; empty = nothing
  std::string check(const machine_id& owner, const shard_replica& primary,
                    const std::vector<std::string>& keys) const;

  /// Who has a copy of the key by the directory of the shard's agent there.
  std::vector<peer> holders_at(const machine_id& granter, shard_id shard,
                               const std::string& key) const;

  /// Copies that were found to serve, each with its entry in a directory.
  size_t found_count() const {
    return found_count_;
  }

  /// Those of them that were granted by a switch.
  size_t behind_count() const {
    return behind_count_;
  }

private:
  struct reader {
    incarnation run;
    const read_table* table = nullptr;
  };

  bool lists(const machine_id& owner, shard_id shard, const peer& who,
             const std::string& key) const;
  bool lists_behind(const home_agent& home, shard_id shard, const peer& who,
                    const std::string& key) const;

  std::map<machine_id, machine_id> behind_;
  std::map<machine_id, reader> tables_;
  std::map<std::pair<shard_id, machine_id>, const home_agent*> directories_;
  mutable size_t found_count_ = 0;
  mutable size_t behind_count_ = 0;
};

} // namespace muster::sim
