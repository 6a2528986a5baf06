// SPDX-License-Identifier: Apache-2.0
#include "actors/table_publisher.hpp"

namespace muster {

void table_publisher::publish(publisher who, shard_id shard,
                              const publish_begin& x) {
  auto i = present_.find(shard);
  if (i != present_.end() && who == publisher::copies
      && i->second.owner == publisher::replica)
    return;
  auto number = table_.begin(shard, static_cast<uint8_t>(x.from), x.of, x.in);
  present_[shard] = present{who, number, x.of, x.in, {}};
}

void table_publisher::apply(shard_id shard, const publish_drop&) {
  present_.erase(shard);
  table_.drop(shard);
}

void table_publisher::apply(shard_id shard, const publish_lease& x) {
  auto i = present_.find(shard);
  if (i == present_.end() || i->second.of != x.of || i->second.in != x.in)
    return;
  i->second.lease_end = x.end;
  table_.set_lease(shard, i->second.number, x.end);
}

void table_publisher::apply(shard_id shard, const publish_invalid& x) {
  table_.invalidate(shard, x.keys);
}

void table_publisher::apply(shard_id shard, const publish_silent& x) {
  table_.silence(shard, x.keys);
}

void table_publisher::apply(shard_id shard, const publish_put& x) {
  if (x.single)
    table_.put_single(shard, x.key, x.value, x.version);
  else
    table_.put(shard, x.key, x.value, x.version);
}

void table_publisher::apply(shard_id shard, const publish_erase& x) {
  if (x.single)
    table_.erase_single(shard, x.key);
  else
    table_.erase(shard, x.key);
}

void table_publisher::apply(shard_id shard, const publish_whole&) {
  table_.install_prefix(shard, "/");
}

void table_publisher::apply(shard_id shard, const publish_prefix& x) {
  table_.install_prefix(shard, x.prefix);
}

void table_publisher::apply(shard_id shard, const publish_no_prefix& x) {
  table_.drop_prefix(shard, x.prefix);
}

void table_publisher::apply(shard_id shard, const publish_evict& x) {
  table_.evict(shard, x.key);
}

} // namespace muster
