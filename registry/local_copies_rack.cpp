// SPDX-License-Identifier: Apache-2.0

// The part of `local_copies` that a switch has for its rack (3.8): to the home
// it is one holder, to the agent here it is the shard.
//
// - S1: an invalidation is handed to the agent, and acknowledged once the agent
//   says that each of its holders has acknowledged it or is silent.
// - A holder is granted what the switch itself has. What is undecided then, the
//   switch may have acknowledged long ago: its keys are silent at the holder
//   from the first instant on, like locked ones (P2), and the invalidations
//   that end this follow on the lane.
// - A copy is given up only when the agent says that nobody in the rack can
//   have a copy of it.

#include "registry/key.hpp"
#include "registry/local_copies.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

namespace {

bool touches(const std::string& prefix, const std::vector<effect>& effects) {
  return std::any_of(effects.begin(), effects.end(),
                     [&](auto& e) { return covers(prefix, e.key); });
}

} // namespace

void local_copies::start_rack(shard_id id, shard_copies& s, copy_effects& out) {
  out.all.emplace_back(
    rack_started{id, s.of.of, {home_of(s), s.in}, ++s.rack.round});
}

void local_copies::end_rack(shard_id id, shard_copies& s, copy_effects& out) {
  // What is wanted stays: somebody may hold it still.
  auto& rack = s.rack;
  rack.asking.clear();
  rack.entries.clear();
  rack.newest = rack.decided = sequence{};
  out.all.emplace_back(rack_ended{id});
}

bool local_copies::rack_wants(const shard_copies& s, const std::string& key) {
  return std::any_of(s.rack.wanted.begin(), s.rack.wanted.end(),
                     [&](auto& x) { return covers(x.first, key); });
}

void local_copies::acknowledge(const peer& from, const invalidate& x,
                               shard_copies& s, boot_time now,
                               copy_effects& out) {
  auto link = x.link;
  link.to = from.run;
  auto& rack = s.rack;
  // Of what is committed the home counts no word any more.
  auto at_once = !options_.for_rack || x.at <= rack.decided;
  if (at_once || MUSTER_MUTANT(s1_acks_before_rack))
    out.all.emplace_back(
      send_effect{from.id, invalidate_ack{link, x.grant, x.at}});
  if (at_once)
    return;
  auto [i, is_new] = rack.entries.try_emplace(x.at);
  auto& e = i->second;
  e.grant = x.grant;
  if (!is_new) { // sent again, or with another grant
    if (e.acknowledged)
      tell_home(x.link.shard, s, e, out);
    return;
  }
  e.told = now;
  e.what = {x.at, x.id, x.origin, x.slot, now, x.effects};
  auto in_order = x.at > rack.newest;
  rack.newest = std::max(rack.newest, x.at);
  out.all.emplace_back(entries_prepared{
    x.link.shard, s.of.of, {e.what}, in_order ? 0 : ++rack.round});
}

void local_copies::tell_home(shard_id id, const shard_copies& s,
                             const rack_entry& x, copy_effects& out) const {
  auto home = home_of(s);
  invalidate_ack ack{flow{id, s.of.of, s.in, home.run}, x.grant, x.what.at, {}};
  for (auto& [who, word] : x.behind)
    ack.behind.push_back(word);
  out.all.emplace_back(send_effect{home.id, std::move(ack)});
}

void local_copies::on_rack_ready(const holders_ready& x, copy_effects& out) {
  auto i = shards_.find(x.shard);
  if (i == shards_.end() || x.of != i->second.of.of
      || i->second.in == session{})
    return;
  auto& s = i->second;
  for (auto& [at, ack] : x.acks)
    if (auto e = s.rack.entries.find(at); e != s.rack.entries.end())
      e->second.behind.insert_or_assign(ack.who, ack);
  if (x.round != s.rack.round)
    return; // it did not know everybody, or not every entry
  for (auto& [at, e] : s.rack.entries) {
    if (at > x.upto)
      break;
    if (std::exchange(e.acknowledged, true))
      continue;
    tell_home(x.shard, s, e, out);
  }
}

void local_copies::commit_for_rack(shard_id id, shard_copies& s, sequence upto,
                                   copy_effects& out) {
  auto& rack = s.rack;
  if (upto <= rack.decided)
    return;
  rack.decided = upto;
  rack.entries.erase(rack.entries.begin(), rack.entries.upper_bound(upto));
  out.all.emplace_back(entries_committed{id, s.of.of, upto});
}

void local_copies::on_rack_ask(const copy_ask& x, boot_time now,
                               copy_effects& out) {
  auto i = shards_.find(x.shard);
  if (i == shards_.end())
    return;
  auto& s = i->second;
  auto& wanted = s.rack.wanted;
  if (wanted.count(x.prefix) == 0
      && wanted.size() >= options_.rack_prefixes_max)
    return;
  wanted[x.prefix].wanted_at = now;
  // Else it is only known from now on what the rack wants.
  auto given = x.of == s.of.of && s.in != session{}
               && give(x.shard, s, x.prefix, x.holder, out);
  if (x.of == s.of.of && s.in != session{} && !given)
    s.rack.asking[x.prefix].insert(x.holder);
  ask_missing(x.shard, s, now, out);
}

void local_copies::give_waiting(shard_id id, shard_copies& s,
                                const std::string& prefix, copy_effects& out) {
  auto waiting = s.rack.asking.extract(prefix);
  if (waiting.empty())
    return;
  for (auto& holder : waiting.mapped())
    give(id, s, prefix, holder, out); // if not, it asks again
}

bool local_copies::give(shard_id id, shard_copies& s, const std::string& prefix,
                        const peer& holder, copy_effects& out) {
  auto p = s.prefixes.find(prefix);
  if (p == s.prefixes.end() || p->second.grant == grant_number{})
    return false;
  copy_data x;
  x.shard = id;
  x.of = s.of.of;
  x.holder = holder;
  x.prefix = prefix;
  x.granted = true;
  x.as_of = std::max(p->second.as_of, s.rack.decided);
  std::set<std::string_view> silent;
  auto i = prefix == "/" ? s.records.begin() : s.records.lower_bound(prefix);
  for (; i != s.records.end(); ++i) {
    auto& [key, r] = *i;
    if (prefix != "/" && !key.starts_with(prefix))
      break;
    if (!covers(prefix, key))
      continue;
    if (r.pending == sequence{}) {
      x.records.push_back({key, r.value, r.version});
      continue;
    }
    // What ends the silence must be on its way to the holder: the entry is
    // undecided and follows, or the lock's decision will come (P2).
    if (!r.pending_locked && s.rack.entries.count(r.pending) == 0)
      return false;
    auto at = r.pending_locked ? r.pending : sequence{r.pending.value - 1};
    x.locked.push_back({key, at});
    silent.insert(key);
    // Silent for readers; what stands counts all the same where a policy is in
    // force until its removal is committed (A1).
    if (!r.erased)
      x.records.push_back({key, r.value, r.version});
  }
  // Records do not know of an entry that was acknowledged if the copy was given
  // up since, and has just been granted again as of before it.
  for (auto& [at, e] : s.rack.entries) {
    if (!touches(prefix, e.what.effects))
      continue;
    x.undecided.push_back(e.what);
    for (auto& effect : e.what.effects)
      if (covers(prefix, effect.key) && silent.insert(effect.key).second)
        x.locked.push_back({effect.key, sequence{at.value - 1}});
  }
  x.round = ++s.rack.round;
  s.rack.wanted[prefix].held = true;
  out.all.emplace_back(std::move(x));
  return true;
}

void local_copies::on_rack_needs(const rack_needs& x) {
  auto i = shards_.find(x.shard);
  // One from before a copy that was given since says nothing of that.
  if (i == shards_.end() || x.round != i->second.rack.round)
    return;
  auto& wanted = i->second.rack.wanted;
  for (auto& [prefix, want] : wanted)
    want.held = std::binary_search(x.prefixes.begin(), x.prefixes.end(),
                                   prefix);
}

void local_copies::tend_rack(shard_id id, shard_copies& s, boot_time now,
                             copy_effects& out) {
  auto& wanted = s.rack.wanted;
  for (auto i = wanted.begin(); i != wanted.end();) {
    if (i->second.held)
      i->second.wanted_at = now;
    if (now - i->second.wanted_at < options_.rack_linger) {
      ++i;
      continue;
    }
    auto prefix = i->first;
    i = wanted.erase(i);
    s.rack.asking.erase(prefix);
    if (prefix != options_.own_prefix
        && (pinned_.count(prefix) == 0 || !concerns(prefix, id)))
      release(id, s, prefix, out);
  }
  for (auto& [at, e] : s.rack.entries) {
    if (e.acknowledged || now - e.told < options_.rack_word)
      continue;
    e.told = now;
    auto home = home_of(s);
    out.all.emplace_back(
      send_effect{home.id, rack_waiting{flow{id, s.of.of, s.in, home.run},
                                        e.grant, at}}); // T6
  }
}

} // namespace muster
