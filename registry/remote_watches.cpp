// SPDX-License-Identifier: Apache-2.0
#include "registry/remote_watches.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

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
    p.heard = now;
    if (auto i = from.at().find(shard); i != from.at().end()) {
      p.known = true;
      p.told = i->second;
    }
    out.emplace_back(shard, request(ticket, w, shard));
  }
  watches_[ticket] = std::move(w);
}

void remote_watches::end(uint64_t ticket, sends& out) {
  auto w = watches_.find(ticket);
  if (w == watches_.end())
    return;
  for (auto& [shard, p] : w->second.places) {
    auto last = request(ticket, w->second, shard);
    last.over = true;
    out.emplace_back(shard, std::move(last));
  }
  watches_.erase(w);
}

watch_event remote_watches::ending(shard_id shard, std::string why) {
  return {watch_event::kind::ended, {}, false, std::move(why), {}, shard, {}};
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

remote_watches::events remote_watches::on_news(watch_news x, boot_time now,
                                               sends& out) {
  events told;
  auto w = watches_.find(x.ticket);
  if (w == watches_.end() || x.to != self_) // T4
    return told;
  auto found = w->second.places.find(x.shard);
  if (found == w->second.places.end())
    return told;
  if (x.refused) {
    told.push_back(ending(x.shard, "the home of shard "
                                     + std::to_string(x.shard.value)
                                     + " has as many watchers as it allows"));
    end(x.ticket, out);
    return told;
  }
  auto& p = found->second;
  p.heard = now;
  if (x.compacted) {
    take_piece(x, p, told);
    // Also after the last piece: what has changed since the first one.
    p.due = p.due || !told.empty();
  } else if (p.copying) {
    return told; // the changes come when the records are there
  } else if (p.known && x.after > p.told && !MUSTER_MUTANT(n1_gap_ignored)) {
    p.due = true; // something between was lost with a connection
  } else {
    auto before = p.told;
    take_changes(x, p, told);
    p.due = p.due || (x.more && p.told > before);
  }
  return told;
}

void remote_watches::ask_more(uint64_t ticket, const room_function& has_room,
                              sends& out) {
  auto w = watches_.find(ticket);
  if (w == watches_.end())
    return;
  auto& places = w->second.places;
  auto is_due = [](auto& x) { return x.second.due; };
  if (std::none_of(places.begin(), places.end(), is_due) || !has_room(ticket))
    return;
  for (auto& [shard, p] : places)
    if (std::exchange(p.due, false))
      out.emplace_back(shard, request(ticket, w->second, shard));
}

void remote_watches::on_home_changed(shard_id shard, sends& out) {
  for (auto& [ticket, w] : watches_)
    if (w.places.count(shard) > 0)
      out.emplace_back(shard, request(ticket, w, shard));
}

remote_watches::all_events
remote_watches::on_tick(boot_time now, const room_function& has_room,
                        sends& out) {
  all_events told;
  for (auto& [ticket, w] : watches_) {
    ask_more(ticket, has_room, out);
    auto renews = now >= w.next;
    if (renews)
      w.next = now + renew;
    for (auto& [shard, p] : w.places) {
      if (p.due)
        p.heard = now; // it is the watcher who keeps the home waiting
      else if (renews)
        out.emplace_back(shard, request(ticket, w, shard));
      if (now - p.heard < silence_max)
        continue;
      told.push_back(
        {ticket,
         {ending(shard, "the home of shard " + std::to_string(shard.value)
                          + " does not answer this machine")}});
      break;
    }
  }
  for (auto& [ticket, x] : told)
    end(ticket, out);
  return told;
}

} // namespace muster
