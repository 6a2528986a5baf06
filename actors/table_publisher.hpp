// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_effects.hpp"
#include "runtime/ports/read_table.hpp"

#include <map>

namespace muster {

/// Turns the publish_... effects of shard replicas and local copies into calls
/// of the read table's writer. A lease that is not of the shard's present
/// (term, session) is ignored. Owned by one machine; not thread-safe.
class table_publisher {
public:
  explicit table_publisher(read_table_writer& table) : table_(table) {
    // nop
  }

  void publish(shard_id shard, const publish_begin& x);
  void publish(shard_id shard, const publish_drop& x);
  void publish(shard_id shard, const publish_lease& x);
  void publish(shard_id shard, const publish_invalid& x);
  void publish(shard_id shard, const publish_put& x);
  void publish(shard_id shard, const publish_erase& x);
  void publish(shard_id shard, const publish_whole& x);
  void publish(shard_id shard, const publish_prefix& x);
  void publish(shard_id shard, const publish_no_prefix& x);
  void publish(shard_id shard, const publish_evict& x);

private:
  struct present {
    tenure number;
    term of;
    session in;
  };

  read_table_writer& table_;
  std::map<shard_id, present> present_;
};

} // namespace muster
