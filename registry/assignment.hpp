// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/fields.hpp"
#include "registry/ids.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace muster {

/// A replica is a machine *and* its store (M3).
struct replica_ref {
  machine_id id;
  store_id store;

  auto operator<=>(const replica_ref&) const = default;
  MUSTER_FIELDS(replica_ref, id, store)
};

/// `shards/<n>` in the coordinator (M1).
struct assignment {
  shard_id shard;
  /// 0 in the first assignment, which names no primary: its first replica
  /// takes over.
  term of;
  /// Empty: none yet.
  machine_id primary;
  /// Which incarnation's swap made it primary.
  incarnation primary_run;
  /// All in-sync replicas, the primary among them, in order of preference.
  std::vector<replica_ref> in_sync;
  std::vector<replica_ref> learners;
  /// The swap that wrote this (M4).
  nonce writer;
  /// The modification revision; not part of the stored value.
  epoch at;

  MUSTER_FIELDS(assignment, shard, of, primary, primary_run, in_sync, learners,
                writer, at)

  bool has(const replica_ref& x) const {
    return std::find(in_sync.begin(), in_sync.end(), x) != in_sync.end();
  }

  /// Whether a replica of the machine is in it, with whatever store.
  bool names(const machine_id& id) const {
    auto is_it = [&](auto& x) { return x.id == id; };
    return std::any_of(in_sync.begin(), in_sync.end(), is_it)
           || std::any_of(learners.begin(), learners.end(), is_it);
  }

  bool learns(const replica_ref& x) const {
    return std::find(learners.begin(), learners.end(), x) != learners.end();
  }
};

/// What is to change about the replicas of one shard: asked of its primary,
/// which carries it out with one swap after the other (L5, M4, F2).
struct move_order {
  shard_id shard;
  /// Becomes a replica, if it is none yet; no id: nobody.
  replica_ref joining;
  /// Becomes the primary then; empty: the primary stays.
  machine_id home;
  /// Leaves the assignment then; empty: nobody.
  machine_id leaving;

  MUSTER_FIELDS(move_order, shard, joining, home, leaving)
  bool operator==(const move_order&) const = default;

  bool empty() const {
    return joining.id == machine_id{} && home == machine_id{}
           && leaving == machine_id{};
  }
};

/// `members/<id>` in the coordinator (M1): a registered machine.
struct member {
  peer who;
  store_id store;
  std::string host;
  uint16_t port = 0;
  std::string http;
  std::string role;
  std::string rack;
  int64_t pid = 0;
  /// The switch that it is behind; empty: none (3.8).
  machine_id behind;

  bool is_switch() const {
    return role == "switch";
  }

  MUSTER_FIELDS(member, who, store, host, port, http, role, rack, pid, behind)
};

} // namespace muster
