// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace muster {

/// What a machine knows of the cluster: the newest assignments and members that
/// it has read. May be old; whoever acts on it is told by the home if it is.
struct routing_view {
  epoch at;
  std::vector<assignment> shards; // by shard id
  std::map<machine_id, member> members;
  std::vector<machine_id> alive; // a hint
  std::vector<machine_id> draining;

  /// Null: the shard has never been assigned.
  const assignment* find(shard_id shard) const {
    auto i = shard.value;
    return i < shards.size() && shards[i].at != epoch{} ? &shards[i] : nullptr;
  }

  /// host:port; empty if the machine is not registered.
  std::string address(const machine_id& id) const {
    auto i = members.find(id);
    return i == members.end()
             ? std::string{}
             : i->second.host + ":" + std::to_string(i->second.port);
  }
};

/// The present view. Thread-safe: membership publishes, everyone reads.
class routing_board {
public:
  std::shared_ptr<const routing_view> view() const {
    std::lock_guard guard{mutex_};
    return view_;
  }

  void publish(std::shared_ptr<const routing_view> x) {
    std::lock_guard guard{mutex_};
    view_ = std::move(x);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const routing_view> view_
    = std::make_shared<const routing_view>();
};

} // namespace muster
