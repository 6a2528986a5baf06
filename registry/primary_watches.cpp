// SPDX-License-Identifier: Apache-2.0

// Watches at the home of a shard: the changes after a position, from the log's
// window; what is older than it, the records as they are.

#include "registry/key.hpp"
#include "registry/primary_role.hpp"

namespace muster {

namespace {

size_t size_of(const std::string& key, const std::string& value) {
  return key.size() + value.size() + 24;
}

} // namespace

bool primary_role::is_forgotten(sequence after, boot_time now) const {
  // Who is ahead of all that this shard has decided was told by another
  // cluster, or wrote the position himself.
  auto decided = has_authority(now) && tail_end_ <= ctx_.state.committed();
  return after < ctx_.log.base() || (decided && after > ctx_.state.committed());
}

void primary_role::on_watch(const peer& from, const watch_request& x,
                            boot_time now) {
  // Who watched in a former incarnation watches no more.
  std::erase_if(watchers_, [&](auto& y) {
    return y.first.first.id == from.id && y.first.first.run < from.run;
  });
  watcher_name name{from, x.ticket};
  auto known = watchers_.find(name);
  if (x.over) {
    if (known != watchers_.end())
      watchers_.erase(known);
    return;
  }
  if (known == watchers_.end()
      && watchers_.size() >= ctx_.options.watchers_max) {
    watch_news no{x.shard, from.run, x.ticket, x.after, x.after};
    no.refused = true;
    ctx_.send(from.id, std::move(no));
    return;
  }
  auto& w = watchers_[name];
  w.prefix = x.prefix;
  w.until = now + std::chrono::seconds{10};
  w.after = x.from_now ? ctx_.state.committed() : x.after;
  auto copies = !x.key_after.empty() || is_forgotten(w.after, now);
  auto news = copies ? records_for(from, x) : news_for(w, name);
  // Until he has all pieces, the log keeps what came after the first one.
  if (!copies)
    w.holds.reset();
  else if (x.key_after.empty())
    w.holds = news.upto;
  w.after = w.told = news.upto;
  ctx_.send(from.id, std::move(news));
}

watch_news primary_role::records_for(const peer& to,
                                     const watch_request& x) const {
  watch_news out{x.shard, to.run, x.ticket, x.after, ctx_.state.committed()};
  out.compacted = true;
  out.key_after = x.key_after;
  auto& records = ctx_.state.records();
  auto i = x.key_after.empty() ? records.lower_bound(x.prefix)
                               : records.upper_bound(x.key_after);
  size_t bytes = 0;
  for (; i != records.end(); ++i) {
    auto& [key, found] = *i;
    if (x.prefix != "/" && !key.starts_with(x.prefix))
      break;
    if (!covers(x.prefix, key))
      continue;
    bytes += size_of(key, found.value);
    if (bytes > ctx_.options.watch_bytes_max && !out.changed.empty()) {
      out.more = true;
      break;
    }
    out.changed.push_back({key, found.value, found.version});
  }
  return out;
}

watch_news primary_role::news_for(const watcher& w,
                                  const watcher_name& name) const {
  watch_news out{ctx_.shard, name.first.run, name.second, w.after,
                 std::max(w.after, ctx_.state.committed())};
  size_t bytes = 0;
  for (auto at = w.after; at < out.upto;) {
    at = at.next();
    for (auto& e : ctx_.log.at(at).entry.effects) {
      if (!covers(w.prefix, e.key) || e.locked || e.standing != sequence{})
        continue;
      bytes += size_of(e.key, e.value);
      (e.erased ? out.erased : out.changed).push_back({e.key, e.value, at});
    }
    // Whole entries: a position is between two of them.
    if (bytes >= ctx_.options.watch_bytes_max && at < out.upto) {
      out.upto = at;
      out.more = true;
    }
  }
  return out;
}

void primary_role::tell_watchers(sequence from) {
  auto upto = ctx_.state.committed();
  auto half_window = (upto.value - ctx_.log.base().value) / 2;
  for (auto& [name, w] : watchers_) {
    if (w.after < from || w.holds)
      continue; // he is catching up, and asks for what he misses
    while (w.after < upto) {
      auto news = news_for(w, name);
      news.after = w.told;
      news.more = false;
      w.after = news.upto;
      // Who hears nothing for long would be forgotten.
      if (news.changed.empty() && news.erased.empty()
          && upto.value - w.told.value <= half_window)
        continue;
      w.told = news.upto;
      ctx_.send(name.first.id, std::move(news));
    }
  }
}

sequence primary_role::held_for_watchers() const {
  auto out = ctx_.state.committed();
  if (ctx_.log.bytes() <= ctx_.options.watch_hold_bytes_max)
    for (auto& [name, w] : watchers_)
      out = std::min(out, w.holds.value_or(out));
  return out;
}

} // namespace muster
