// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/policy_board.hpp"
#include "registry/home_agent.hpp"
#include "registry/log_entry.hpp"
#include "registry/policy.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace muster::sim {

/// Watches from outside that policies are kept: from the instant in which the
/// command that adds one was answered until one begins that removes it, every
/// entry under its prefix is committed only when each machine that it names has
/// acknowledged it, or was expelled.
///
/// That holds at machines that acknowledged the policy, which have to know it
/// then, and at all that start later, once they know any. It is looked at when
/// a primary commits. Changes nothing; not thread-safe.
class policy_watch {
public:
  /// The world's time.
  void use_clock(std::function<nanoseconds()> now) {
    now_ = std::move(now);
  }

  void observe_board(const peer& owner, const policy_board& x) {
    boards_[owner.id] = {owner.run, &x};
  }

  void observe_directory(const machine_id& owner, shard_id shard,
                         const home_agent& x) {
    agents_[{shard, owner}] = &x;
  }

  /// The process of `owner` is dead.
  void forget(const machine_id& owner);

  /// A policy was added. @param aware  who knows it, as the one who added it
  ///   was told
  void added(const policy& x, const std::vector<machine_id>& aware);

  /// Somebody begins to remove it, or it is not known whether it was added.
  void removing(const std::string& name) {
    in_force_.erase(name);
  }

  /// @returns what is wrong; empty = nothing
  std::string committed(const machine_id& owner, shard_id shard,
                        const log_entry& x);

  /// Entries under a policy that were looked at.
  size_t checked_count() const {
    return checked_count_;
  }

private:
  struct board {
    incarnation run;
    const policy_board* what = nullptr;
  };

  struct known_policy {
    policy what;
    nanoseconds since{};
    /// Who ran then; and who of them has to know it.
    std::set<peer> present;
    std::set<peer> aware;
    /// When others were first seen to know it.
    std::map<peer, nanoseconds> learned;
  };

  bool must_keep(known_policy& x, const peer& home, bool knows,
                 const policy_book& book) const;

  std::function<nanoseconds()> now_;
  std::map<machine_id, board> boards_;
  std::map<std::pair<shard_id, machine_id>, const home_agent*> agents_;
  std::map<std::string, known_policy> in_force_;
  size_t checked_count_ = 0;
};

} // namespace muster::sim
