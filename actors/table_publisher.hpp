// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_effects.hpp"
#include "runtime/ports/read_table.hpp"

#include <map>

namespace muster {

/// Who publishes a shard's records: its replica here, or the copies of it.
enum class publisher : uint8_t { replica, copies };

/// Turns the publish_... effects of shard replicas and local copies into calls
/// of the read table's writer.
///
/// Invariants: (1) a shard has one publisher at a time: a replica that begins
/// takes the shard over, copies begin only where no replica is, and what the
/// other one still says is ignored; (2) a lease that is not of the shard's
/// present (term, session) is ignored. Owned by one machine; not thread-safe.
class table_publisher {
public:
  explicit table_publisher(read_table_writer& table) : table_(table) {
    // nop
  }

  template <class Publish>
  void publish(publisher who, shard_id shard, const Publish& x) {
    if (owns(who, shard))
      apply(shard, x);
  }

  void publish(publisher who, shard_id shard, const publish_begin& x);

  /// Until when what `who` has published of the shard is served; the beginning
  /// of time: it serves nothing.
  boot_time lease_end(publisher who, shard_id shard) const {
    return owns(who, shard) ? present_.at(shard).lease_end : boot_time{};
  }

private:
  bool owns(publisher who, shard_id shard) const {
    auto i = present_.find(shard);
    return i != present_.end() && i->second.owner == who;
  }

  void apply(shard_id shard, const publish_drop& x);
  void apply(shard_id shard, const publish_lease& x);
  void apply(shard_id shard, const publish_invalid& x);
  void apply(shard_id shard, const publish_put& x);
  void apply(shard_id shard, const publish_erase& x);
  void apply(shard_id shard, const publish_whole& x);
  void apply(shard_id shard, const publish_silent& x);
  void apply(shard_id shard, const publish_prefix& x);
  void apply(shard_id shard, const publish_no_prefix& x);
  void apply(shard_id shard, const publish_evict& x);

  struct present {
    publisher owner = publisher::replica;
    tenure number;
    term of;
    session in;
    boot_time lease_end{};
  };

  read_table_writer& table_;
  std::map<shard_id, present> present_;
};

} // namespace muster
