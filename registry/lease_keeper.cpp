// SPDX-License-Identifier: Apache-2.0
#include "registry/lease_keeper.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

lease_keeper::lease_keeper(machine_id self, incarnation run,
                           lease_options options, machine_id followed)
  : self_(std::move(self)), run_(run), options_(options),
    followed_(std::move(followed)) {
  assert(options_.renew * 4 <= options_.granted);
  assert(options_.idle_renewals >= 1);
}

void lease_keeper::set_peers(const std::vector<peer>& peers) {
  std::map<peer, granter_state> kept;
  for (auto& p : peers) {
    if (p.id == self_)
      continue;
    auto i = granters_.find(p);
    kept[p] = i == granters_.end() ? granter_state{} : std::move(i->second);
  }
  granters_ = std::move(kept);
  choose_followed();
  gone_.clear();
  for (auto& [who, h] : holders_)
    if (granters_.count(who) == 0)
      gone_.insert(who);
}

void lease_keeper::on_tick(boot_time now, lease_effects& out) {
  for (auto& [granter, state] : granters_)
    if (now >= state.due)
      request(granter, state, now, out);
  forget_silent(now);
  judge_own_clock(now, out);
}

void lease_keeper::judge_own_clock(boot_time now, lease_effects& out) {
  size_t known = 0;
  size_t apart = 0;
  for (auto& [who, state] : granters_) {
    if (state.heard == boot_time{} || now - state.heard > options_.granted)
      continue;
    ++known;
    apart += state.rate.agrees() ? 0 : 1;
  }
  auto doubted = apart > 1 && apart * 2 > known;
  if (doubted != own_clock_doubted_)
    out.own_clock_doubted = doubted;
  own_clock_doubted_ = doubted;
}

bool lease_keeper::trusts_clock_of(const peer& who) const {
  auto i = granters_.find(who);
  return own_clock_doubted_ || i == granters_.end() || i->second.rate.agrees();
}

void lease_keeper::forget_silent(boot_time now) {
  // D4: only an incarnation that is gone, that nothing is granted to and that
  // holds no lease any more.
  std::erase_if(gone_, [&](auto& who) {
    auto& slots = holders_.at(who).slots;
    auto over = std::all_of(slots.begin(), slots.end(), [&](auto& s) {
      return !s.second.active && s.second.until <= now;
    });
    if (over)
      holders_.erase(who);
    return over;
  });
}

void lease_keeper::renew_now(const machine_id& granter, boot_time now,
                             lease_effects& out) {
  for (auto& [who, state] : granters_) {
    if (who.id != granter)
      continue;
    // Every shard may ask: not more often than this for all of them.
    if (now - state.asked >= renew_pause || state.open.size() < renew_burst)
      request(who, state, now, out);
    else
      state.due = std::min(state.due, state.asked + renew_pause);
  }
}

void lease_keeper::request(const peer& granter, granter_state& state,
                           boot_time now, lease_effects& out) {
  // T2: t0 is taken here, before the request is sent.
  auto number = next_number_++;
  state.open.emplace_back(number, now);
  if (state.open.size() > open_requests_max)
    state.open.erase(state.open.begin());
  state.asked = now;
  // Of idle pairs not all at once: up to a quarter earlier.
  auto early = options_.idle() / 64 * static_cast<int64_t>(number % 16);
  state.due = now + (state.in_use ? options_.renew : options_.idle() - early);
  out.sends.push_back(
    {granter.id, lease_request{number, granter.run, state.covers_version}});
}

void lease_keeper::on_request(const peer& from, const lease_request& x,
                              boot_time now, lease_effects& out) {
  if (x.to != run_)
    return;
  auto& holder = holder_at(from);
  // T3: what is covered is decided now, not when it was asked for.
  std::vector<cover> covers;
  std::vector<cover_limit> limits;
  for (auto& [key, s] : holder.slots) {
    auto granted = grantable(s, now);
    if (granted <= nanoseconds{0})
      continue;
    s.until = std::max(s.until, now + granted);
    covers.push_back(s.what);
    if (granted < options_.granted)
      limits.push_back({s.what.shard, granted.count()});
  }
  std::sort(covers.begin(), covers.end());
  if (covers != holder.last || holder.covers_version == 0) {
    holder.covers_version = next_covers_version_++;
    holder.last = covers;
  }
  lease_grant answer{x.number,
                     from.run,
                     holder.covers_version,
                     false,
                     {},
                     now.time_since_epoch().count(),
                     std::move(limits)};
  if (x.covers_known == holder.covers_version)
    answer.unchanged = true;
  else
    answer.covers = std::move(covers);
  out.sends.push_back({from.id, std::move(answer)});
}

nanoseconds lease_keeper::grantable(const slot& s, boot_time now) const {
  if (!s.active)
    return nanoseconds{0};
  if (s.under.granter.id == machine_id{})
    return may_cover(s.what, now) ? options_.granted : nanoseconds{0};
  auto left = left_of(s.what, s.under, now);
  if (MUSTER_MUTANT(s2_lease_not_nested) && left > nanoseconds{0})
    return options_.granted;
  return std::min(options_.granted, lease_options::held_of(left));
}

nanoseconds lease_keeper::left_of(const cover& what, const lease_backing& under,
                                  boot_time now) const {
  auto i = granters_.find(under.granter);
  if (i == granters_.end())
    return nanoseconds{0};
  // S2, T4: the covering lease of the very session that the copies are of.
  cover own{what.shard, cover_kind::copy, what.of, under.in};
  auto& held = i->second.covers;
  if (!std::binary_search(held.begin(), held.end(), own))
    return nanoseconds{0};
  return i->second.end - now;
}

bool lease_keeper::may_cover(const cover& what, boot_time now) const {
  if (what.kind == cover_kind::authority)
    return true;
  auto i = required_.find(what.shard);
  if (i == required_.end() || i->second.of != what.of)
    return false;
  return authority_of(what.shard, i->second).until > now;
}

void lease_keeper::on_grant(const peer& from, const lease_grant& x,
                            boot_time now, lease_effects& out) {
  auto i = granters_.find(from);
  if (i == granters_.end() || x.to != run_)
    return;
  auto& state = i->second;
  if (x.number <= state.applied)
    return;
  if (x.unchanged && x.covers_version != state.covers_version)
    return;
  auto is_it = [&](auto& open) { return open.first == x.number; };
  auto request = std::find_if(state.open.begin(), state.open.end(), is_it);
  if (request == state.open.end())
    return;
  auto sent = request->second;
  watch_rate(from, state, sent, now, boot_time{nanoseconds{x.clock_ns}}, out);
  state.heard = now;
  state.end = sent + options_.held();
  if (MUSTER_MUTANT(t2_lease_from_arrival))
    state.end = now + options_.held();
  state.applied = x.number;
  state.open.erase(state.open.begin(), request + 1);
  if (state.rate.agrees())
    apply_covers(from, state, x, ends_of(x, sent), out);
  else
    drop_covers(from, state, out);
  note_use(from);
}

void lease_keeper::watch_rate(const peer& from, granter_state& state,
                              boot_time sent, boot_time received,
                              boot_time theirs, lease_effects& out) {
  auto before = state.rate.agrees();
  state.rate.on_exchange(sent, received, theirs);
  if (state.rate.agrees() != before)
    out.rates.push_back({from.id, !before});
}

void lease_keeper::drop_covers(const peer& from, granter_state& state,
                               lease_effects& out) {
  state.end = {};
  lease_grant nothing;
  nothing.covers_version = 0; // not known: the next grant lists all again
  apply_covers(from, state, nothing, {}, out);
}

lease_keeper::limited_ends lease_keeper::ends_of(const lease_grant& x,
                                                 boot_time sent) const {
  limited_ends out;
  for (auto& limit : x.limits) {
    auto granted = std::clamp(nanoseconds{limit.granted_ns}, nanoseconds{0},
                              options_.granted);
    out[limit.shard] = sent + lease_options::held_of(granted);
  }
  return out;
}

void lease_keeper::apply_covers(const peer& from, granter_state& state,
                                const lease_grant& x,
                                const limited_ends& limited,
                                lease_effects& out) {
  lease_news news{from, state.end, {}, {}};
  if (!x.unchanged) {
    auto now_held = x.covers;
    std::sort(now_held.begin(), now_held.end());
    std::set_difference(state.covers.begin(), state.covers.end(),
                        now_held.begin(), now_held.end(),
                        std::back_inserter(news.lost));
    state.covers = std::move(now_held);
    state.covers_version = x.covers_version;
  }
  for (auto& [shard, needed] : required_) {
    auto in = [&](auto& who) {
      return std::find(who.begin(), who.end(), from) != who.end();
    };
    if (in(needed.granters) || in(needed.aspirants))
      out.authorities.push_back(authority_of(shard, needed));
  }
  tell_held(news, state, limited, out);
}

void lease_keeper::tell_held(const lease_news& base, const granter_state& state,
                             const limited_ends& limited, lease_effects& out) {
  auto first = base; // tells the losses too, even if nothing is held
  std::map<boot_time, lease_news> shorter;
  for (auto& what : state.covers) {
    auto limit = limited.find(what.shard);
    if (what.kind != cover_kind::copy || limit == limited.end()) {
      first.held.push_back(what);
      continue;
    }
    auto end = limit->second;
    auto i = shorter.try_emplace(end, lease_news{base.granter, end, {}, {}});
    i.first->second.held.push_back(what);
  }
  out.news.push_back(std::move(first));
  for (auto& [end, news] : shorter)
    out.news.push_back(std::move(news));
}

void lease_keeper::start_covering(const peer& who, const cover& what,
                                  const lease_backing& under) {
  auto& s = holder_at(who).slots[{what.shard, what.kind}];
  s.what = what;
  s.under = under;
  s.active = true;
  note_use(who);
}

uncovered lease_keeper::stop_covering(const peer& who, const cover& what) {
  uncovered out{who, what, {}, 0};
  auto holder = holders_.find(who);
  if (holder == holders_.end())
    return out;
  auto i = holder->second.slots.find({what.shard, what.kind});
  if (i == holder->second.slots.end())
    return out;
  i->second.active = false;
  out.until = i->second.until;
  note_use(who);
  return out;
}

void lease_keeper::require(shard_id shard, term of, uint64_t version,
                           std::vector<peer> granters,
                           std::vector<peer> aspirants, lease_effects& out) {
  release(shard);
  auto& x = required_[shard];
  x = requirement{of, version, std::move(granters), std::move(aspirants)};
  out.authorities.push_back(authority_of(shard, x));
  for (auto who : {&x.granters, &x.aspirants})
    for (auto& granter : *who)
      note_use(granter);
}

void lease_keeper::release(shard_id shard) {
  auto was = required_.extract(shard);
  if (was.empty())
    return;
  for (auto who : {&was.mapped().granters, &was.mapped().aspirants})
    for (auto& granter : *who)
      note_use(granter);
}

boot_time lease_keeper::end_of(const peer& granter, shard_id shard,
                               term of) const {
  auto i = granters_.find(granter);
  if (i == granters_.end())
    return {};
  if (MUSTER_MUTANT(t3_lease_not_tied))
    return i->second.end;
  auto& covers = i->second.covers;
  cover what{shard, cover_kind::authority, of, session{}};
  if (!std::binary_search(covers.begin(), covers.end(), what))
    return {};
  return i->second.end;
}

authority lease_keeper::authority_of(shard_id shard,
                                     const requirement& x) const {
  authority out{shard, x.of, x.version, boot_time::max(), {}};
  for (auto& granter : x.granters) {
    auto end = end_of(granter, shard, x.of);
    out.ends.emplace_back(granter, end);
    out.until = std::min(out.until, end);
  }
  for (auto& aspirant : x.aspirants)
    out.ends.emplace_back(aspirant, end_of(aspirant, shard, x.of));
  return out;
}

} // namespace muster
