// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/log_entry.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace muster::sim {

/// Watches commands over several shards from outside, by the entries that
/// their shards commit (I2): an attempt is committed in all of its shards or
/// in none, each id at most once, and each shard carries it out once (I10).
class part_watch {
public:
  /// An entry was committed by a primary; it may be told again.
  /// @returns what is wrong; empty = nothing
  std::string committed(shard_id shard, const log_entry& x);

  /// The version that a command gave the records of a shard; nothing: it was
  /// not carried out there.
  std::optional<sequence> version(const std::string& id, shard_id shard) const;

  /// What is wrong at the end, when all shards are served and nothing is on
  /// its way: a committed command that a shard has not carried out.
  std::string missing() const;

  size_t committed_count() const {
    return commands_.size();
  }

  size_t aborted_count() const {
    return aborted_.size();
  }

private:
  struct command {
    attempt_name attempt;
    std::set<shard_id> others; // as the deciding shard has them
    std::map<shard_id, sequence> done;
  };

  std::map<std::string, command> commands_; // committed ones, by id
  std::set<std::pair<std::string, attempt_name>> aborted_;
};

} // namespace muster::sim
