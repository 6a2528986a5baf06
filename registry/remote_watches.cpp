// SPDX-License-Identifier: Apache-2.0
#include "registry/remote_watches.hpp"

#include "registry/key.hpp"

namespace muster {

void remote_watches::begin(uint64_t ticket, const std::string& prefix,
                           boot_time now, sends& out) {
  if (watches_.size() >= watches_max)
    return;
  watch w;
  w.prefix = prefix;
  w.next = now + renew;
  if (within_one_shard(prefix)) {
    w.told[shard_of(prefix, shard_count_)] = sequence{};
  } else {
    for (uint32_t i = 0; i < shard_count_; ++i)
      w.told[shard_id{i}] = sequence{};
  }
  for (auto& [shard, told] : w.told)
    out.emplace_back(shard, request(ticket, w, shard, told));
  watches_[ticket] = std::move(w);
}

void remote_watches::end(uint64_t ticket) {
  watches_.erase(ticket); // the home forgets it when it is not renewed
}

bool remote_watches::on_news(watch_news& x, boot_time, sends& out) {
  auto w = watches_.find(x.ticket);
  if (w == watches_.end())
    return false;
  auto told = w->second.told.find(x.shard);
  if (told == w->second.told.end())
    return false;
  auto first = told->second == sequence{};
  if (!first && x.after > told->second && !x.gap) {
    // Something between was lost with a connection: from there again.
    out.emplace_back(x.shard,
                     request(x.ticket, w->second, x.shard, told->second));
    return false;
  }
  auto known = [&](auto& r) { return r.version <= told->second; };
  std::erase_if(x.changed, known);
  std::erase_if(x.erased, known);
  told->second = std::max(told->second, x.upto);
  return x.gap || !x.changed.empty() || !x.erased.empty();
}

void remote_watches::on_home_changed(shard_id shard, sends& out) {
  for (auto& [ticket, w] : watches_)
    if (auto i = w.told.find(shard); i != w.told.end())
      out.emplace_back(shard, request(ticket, w, shard, i->second));
}

void remote_watches::on_tick(boot_time now, sends& out) {
  for (auto& [ticket, w] : watches_) {
    if (now < w.next)
      continue;
    w.next = now + renew;
    for (auto& [shard, told] : w.told)
      out.emplace_back(shard, request(ticket, w, shard, told));
  }
}

} // namespace muster
