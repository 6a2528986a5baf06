// SPDX-License-Identifier: Apache-2.0
#include "registry/remote_watches.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

void remote_watches::begin(uint64_t ticket, const std::string& prefix,
                           const watch_position& from, boot_time now,
                           sends& out) {
  assert(watches_.size() < watches_max);
  watch w;
  w.prefix = prefix;
  w.next = now + renew;
  for (auto shard : shards_under(prefix, shard_count_)) {
    auto& p = w.places[shard];
    if (auto i = from.at().find(shard); i != from.at().end()) {
      p.known = true;
      p.told = i->second;
    }
    out.emplace_back(shard, request(ticket, w, shard));
  }
  watches_[ticket] = std::move(w);
}

void remote_watches::end(uint64_t ticket) {
  watches_.erase(ticket); // the home forgets it when it is not renewed
}

watch_request remote_watches::request(uint64_t ticket, const watch& w,
                                      shard_id shard) {
  auto& p = w.places.at(shard);
  watch_request out{shard, ticket, w.prefix, p.told, !p.known, {}};
  if (p.copying)
    out.key_after = p.pieces.back().upto;
  return out;
}

bool remote_watches::was_copied(const place& p, const listed_record& x) {
  for (auto& piece : p.pieces)
    if (piece.last || x.key <= piece.upto)
      return x.version <= piece.as_of;
  return false;
}

bool remote_watches::is_ahead(const place& p, sequence at) {
  return std::any_of(p.pieces.begin(), p.pieces.end(),
                     [&](auto& piece) { return piece.as_of > at; });
}

void remote_watches::take_piece(watch_news& x, place& p, events& told) {
  using kind = watch_event::kind;
  if (x.key_after.empty()) {
    if (p.copying || x.after != p.told)
      return; // the first piece again
    p.known = p.copying = true;
    p.copied_from = x.upto;
    p.pieces.clear();
    // Who goes away inside the snapshot needs all of it again.
    told.push_back(
      {kind::compacted, {}, false, {}, x.upto, x.shard, sequence{}});
  } else if (!p.copying || x.key_after != p.pieces.back().upto) {
    return;
  }
  // Another home may not know yet what the one before knew to be committed.
  p.copied_from = std::min(p.copied_from, x.upto);
  piece next{{}, !x.more, x.upto};
  for (auto& r : x.changed) {
    next.upto = r.key;
    told.push_back({kind::record,
                    std::move(r.key),
                    false,
                    std::move(r.value),
                    r.version,
                    x.shard,
                    {}});
  }
  p.pieces.push_back(std::move(next));
  if (x.more)
    return;
  p.copying = false;
  p.told = MUSTER_MUTANT(n2_pieces_as_one) ? x.upto : p.copied_from;
  told.push_back({kind::current, {}, false, {}, p.told, x.shard, {}});
  if (!is_ahead(p, p.told))
    told.back().resume = p.told;
}

void remote_watches::take_changes(watch_news& x, place& p, events& told) {
  auto old = [&](auto& r) { return r.version <= p.told || was_copied(p, r); };
  auto before = told.size();
  auto add = [&](auto& all, bool erased) {
    for (auto& r : all)
      if (!old(r))
        told.push_back({watch_event::kind::change,
                        std::move(r.key),
                        erased,
                        std::move(r.value),
                        r.version,
                        x.shard,
                        {}});
  };
  add(x.changed, false);
  add(x.erased, true);
  std::stable_sort(told.begin() + static_cast<ptrdiff_t>(before), told.end(),
                   [](auto& a, auto& b) { return a.version < b.version; });
  // Between two changes of one command there is no position.
  for (auto i = before; i + 1 < told.size(); ++i)
    if (told[i].version != told[i + 1].version && !is_ahead(p, told[i].version))
      told[i].resume = told[i].version;
  auto moved = !p.known || x.upto > p.told;
  p.known = true;
  p.told = std::max(p.told, x.upto);
  if (is_ahead(p, p.told))
    return;
  p.pieces.clear();
  if (told.size() > before)
    told.back().resume = p.told;
  else if (moved)
    told.push_back(
      {watch_event::kind::position, {}, false, {}, p.told, x.shard, p.told});
}

remote_watches::events remote_watches::on_news(watch_news x, sends& out) {
  events told;
  auto w = watches_.find(x.ticket);
  if (w == watches_.end())
    return told;
  auto found = w->second.places.find(x.shard);
  if (found == w->second.places.end())
    return told;
  if (x.refused) {
    watches_.erase(w);
    told.push_back({watch_event::kind::ended,
                    {},
                    false,
                    "the home of the shard has as many watchers as it allows",
                    {},
                    x.shard,
                    {}});
    return told;
  }
  auto& p = found->second;
  auto ask = x.more;
  if (x.compacted) {
    auto pieces = p.pieces.size();
    take_piece(x, p, told);
    // The last piece: what has changed since the first one.
    ask = ask ? p.pieces.size() > pieces : !told.empty();
  } else if (p.copying) {
    return told; // the changes come when the records are there
  } else if (p.known && x.after > p.told && !MUSTER_MUTANT(n1_gap_ignored)) {
    ask = true; // something between was lost with a connection
  } else {
    take_changes(x, p, told);
  }
  if (ask)
    out.emplace_back(x.shard, request(x.ticket, w->second, x.shard));
  return told;
}

void remote_watches::on_home_changed(shard_id shard, sends& out) {
  for (auto& [ticket, w] : watches_)
    if (w.places.count(shard) > 0)
      out.emplace_back(shard, request(ticket, w, shard));
}

void remote_watches::on_tick(boot_time now, sends& out) {
  for (auto& [ticket, w] : watches_) {
    if (now < w.next)
      continue;
    w.next = now + renew;
    for (auto& [shard, p] : w.places)
      out.emplace_back(shard, request(ticket, w, shard));
  }
}

} // namespace muster
