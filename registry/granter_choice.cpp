// SPDX-License-Identifier: Apache-2.0
#include "registry/granter_choice.hpp"

#include <algorithm>

namespace muster {

void granter_choice::set_switch(const peer& x, boot_time now) {
  known_ = true;
  if (x == switch_)
    return;
  switch_ = x;
  // Not heard so far, but it has just registered: it is given a chance.
  heard_ = steady_since_ = now;
}

void granter_choice::on_heard(boot_time now) {
  if (now - heard_ > options_.silence)
    steady_since_ = now;
  heard_ = now;
}

bool granter_choice::reachable(boot_time now) const {
  return switch_.run != incarnation{} && now - heard_ <= options_.silence;
}

void granter_choice::choose(shard_id shard, bool complete, boot_time now) {
  if (!known_)
    return;
  auto [i, is_new] = shards_.try_emplace(shard);
  auto& x = i->second;
  if (is_new) {
    x.complete_at = x.incomplete_at = now;
    x.pause = options_.pause_min;
  }
  if (!x.from_switch) {
    auto steady = reachable(now) && now - steady_since_ >= options_.calm;
    if (!steady || now < x.not_before)
      return;
    x.from_switch = true;
    x.complete_at = x.incomplete_at = now;
    return;
  }
  (complete ? x.complete_at : x.incomplete_at) = now;
  if (now - x.incomplete_at >= options_.pause_max)
    x.pause = options_.pause_min;
  if (!reachable(now) || now - x.complete_at > options_.patience)
    leave(x, now);
}

void granter_choice::leave(choice& x, boot_time now) const {
  x.from_switch = false;
  x.not_before = now + x.pause;
  x.pause = std::min(x.pause * 2, options_.pause_max);
}

bool granter_choice::uses_switch(shard_id shard) const {
  auto i = shards_.find(shard);
  return switch_.run != incarnation{} && i != shards_.end()
         && i->second.from_switch;
}

} // namespace muster
