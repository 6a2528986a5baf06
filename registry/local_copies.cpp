// SPDX-License-Identifier: Apache-2.0
#include "registry/local_copies.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

local_copies::local_copies(peer self, uint32_t shard_count,
                           copy_options options)
  : self_(std::move(self)), shard_count_(shard_count),
    options_(std::move(options)), choice_(options_.granter),
    keys_(options_.keys) {
  for (uint32_t i = 0; i < shard_count; ++i)
    shards_[shard_id{i}].of.shard = shard_id{i};
}

bool local_copies::concerns(const std::string& prefix, shard_id shard) const {
  return !within_one_shard(prefix) || shard_of(prefix, shard_count_) == shard;
}

peer local_copies::home_of(const shard_copies& s) {
  return peer{s.of.primary, s.of.primary_run};
}

bool local_copies::is_ours(const peer& from, const flow& link,
                           const shard_copies& s) const {
  // T4, D5, F1: the present granter, term and session, meant for this run.
  if (MUSTER_MUTANT(t4_session_ignored))
    return from == granter_of(s) && link.of == s.of.of && s.in != session{};
  return link.to == self_.run && from == granter_of(s) && link.of == s.of.of
         && link.of >= s.known && link.in == s.in && s.in != session{};
}

bool local_copies::pin(const std::string& prefix, boot_time now,
                       copy_effects& out) {
  if (pinned_.count(prefix) == 0 && pinned_.size() >= options_.prefixes_max)
    return false;
  pinned_.insert(prefix);
  for (auto& [id, s] : shards_) {
    choose_granter(id, s, now, out);
    ask_missing(id, s, now, out);
  }
  return true;
}

void local_copies::unpin(const std::string& prefix, copy_effects& out) {
  if (pinned_.erase(prefix) == 0 || prefix == options_.own_prefix)
    return;
  for (auto& [id, s] : shards_)
    if (s.rack.wanted.count(prefix) == 0)
      release(id, s, prefix, out);
}

void local_copies::release(shard_id id, shard_copies& s,
                           const std::string& prefix, copy_effects& out) {
  auto i = s.prefixes.find(prefix);
  if (i == s.prefixes.end())
    return;
  auto grant = i->second.grant;
  s.prefixes.erase(i);
  if (grant == grant_number{})
    return;
  out.all.emplace_back(
    copy_effects::table{id, publish_no_prefix{prefix}}); // W5
  for (auto r = s.records.begin(); r != s.records.end();) {
    if (covered(s, r->first)) {
      ++r;
      continue;
    }
    out.all.emplace_back(copy_effects::table{id, publish_evict{r->first}});
    drop_record(s, (r++)->first);
  }
  auto granter = granter_of(s);
  out.all.emplace_back(
    send_effect{granter.id, copy_drop{flow{id, s.of.of, s.in, granter.run},
                                      grant, prefix}});
}

void local_copies::on_assignment(const assignment& x, boot_time now,
                                 copy_effects& out) {
  auto i = shards_.find(x.shard);
  if (i == shards_.end() || x.at <= i->second.of.at)
    return;
  auto& s = i->second;
  auto is_self = [&](auto& ref) { return ref.id == self_.id; };
  auto here = std::any_of(x.in_sync.begin(), x.in_sync.end(), is_self)
              || std::any_of(x.learners.begin(), x.learners.end(), is_self);
  auto other = x.primary != s.of.primary || x.of != s.of.of
               || x.primary_run != s.of.primary_run;
  if (here && !other)
    give_up(x.shard, s, granter_of(s), out);
  if (other || here)
    drop_all(x.shard, s, out); // D5
  s.of = x;
  s.replica_here = here;
  choose_granter(x.shard, s, now, out);
  ask_missing(x.shard, s, now, out);
}

void local_copies::give_up(shard_id id, shard_copies& s, const peer& granter,
                           copy_effects& out) {
  // Its granter need not wait for a holder that becomes a replica, or has its
  // copies from another one. Silent first.
  if (s.in == session{})
    return;
  out.all.emplace_back(copy_effects::table{id, publish_drop{}});
  for (auto& [prefix, p] : s.prefixes)
    if (p.grant != grant_number{})
      out.all.emplace_back(
        send_effect{granter.id, copy_drop{flow{id, s.of.of, s.in, granter.run},
                                          p.grant, prefix}});
  if (granter == home_of(s))
    give_up_keys(s, "/", out);
}

void local_copies::drop_all(shard_id id, shard_copies& s, copy_effects& out) {
  if (s.in != session{})
    out.all.emplace_back(copy_effects::table{id, publish_drop{}});
  if (s.in != session{} && options_.for_rack)
    end_rack(id, s, out);
  for (auto& [key, r] : s.records)
    bytes_ -= key.size() + r.value.size();
  s.in = session{};
  s.validated = sequence{};
  s.newest = grant_number{};
  keys_.forget(id);
  s.prefixes.clear();
  s.records.clear();
  s.pending.clear();
}

void local_copies::ask(shard_id id, shard_copies& s, const std::string& prefix,
                       boot_time now, copy_effects& out) {
  s.prefixes[prefix].asked_at = now;
  auto granter = granter_of(s);
  out.all.emplace_back(send_effect{
    granter.id, copy_request{flow{id, s.of.of, s.in, granter.run}, prefix}});
}

void local_copies::ask_missing(shard_id id, shard_copies& s, boot_time now,
                               copy_effects& out) {
  if (s.replica_here || s.of.primary == machine_id{} || s.of.of < s.known)
    return;
  for (auto& prefix : pinned_)
    if (concerns(prefix, id))
      ask_if_due(id, s, prefix, now, out);
  if (!options_.own_prefix.empty() && concerns(options_.own_prefix, id))
    ask_if_due(id, s, options_.own_prefix, now, out);
  for (auto& [prefix, want] : s.rack.wanted)
    ask_if_due(id, s, prefix, now, out);
}

void local_copies::ask_if_due(shard_id id, shard_copies& s,
                              const std::string& prefix, boot_time now,
                              copy_effects& out) {
  auto& p = s.prefixes[prefix];
  auto due = p.asked_at == boot_time{} || now - p.asked_at >= options_.resend;
  if (p.grant == grant_number{} && due)
    ask(id, s, prefix, now, out);
}

void local_copies::on_message(const peer& from, const copy_session& x,
                              boot_time, copy_effects& out) {
  auto i = shards_.find(x.link.shard);
  if (i == shards_.end() || x.link.to != self_.run
      || from != granter_of(i->second) || x.link.in == i->second.in)
    return;
  out.all.emplace_back(copy_effects::renew{from.id});
}

void local_copies::on_lease_news(const lease_news& x, boot_time now,
                                 copy_effects& out) {
  if (x.granter == choice_.rack_switch())
    choice_.on_heard(now);
  for (auto& what : x.lost) {
    auto i = shards_.find(what.shard);
    if (what.kind == cover_kind::copy && i != shards_.end()
        && x.granter == granter_of(i->second) && what.in == i->second.in)
      drop_all(what.shard, i->second, out); // T3
  }
  for (auto& what : x.held) {
    auto i = shards_.find(what.shard);
    if (what.kind != cover_kind::copy || i == shards_.end())
      continue;
    auto& s = i->second;
    if (x.granter != granter_of(s) || what.of != s.of.of || what.of < s.known
        || s.replica_here)
      continue;
    if (what.in != s.in
        && !(MUSTER_MUTANT(t4_session_ignored) && s.in != session{}))
      use_session(what.shard, s, what, now, out);
    out.all.emplace_back(
      copy_effects::table{what.shard, publish_lease{what.of, s.in, x.end}});
  }
}

void local_copies::use_session(shard_id id, shard_copies& s, const cover& what,
                               boot_time now, copy_effects& out) {
  // T4: first every copy of the former session goes, then the lease counts.
  auto wanted = keys_.asked(id);
  drop_all(id, s, out);
  s.in = what.in;
  out.all.emplace_back(copy_effects::table{
    id, publish_begin{served_from::copy, what.of, what.in}});
  if (options_.for_rack)
    start_rack(id, s, out);
  ask_missing(id, s, now, out);
  for (auto& x : wanted)
    if (keys_.ask(x, now, options_.resend))
      ask_key(s, x.second, out);
}

void local_copies::publish(shard_id id, const std::string& key,
                           const record_copy& r, copy_effects& out) {
  if (r.pending != sequence{})
    out.all.emplace_back(copy_effects::table{id, publish_invalid{{key}}});
  else if (r.erased)
    out.all.emplace_back(
      copy_effects::table{id, publish_erase{key, keys_.holds(id, key)}});
  else
    out.all.emplace_back(copy_effects::table{
      id, publish_put{key, r.value, r.version, keys_.holds(id, key)}});
}

void local_copies::on_message(const peer& from, const invalidate& x,
                              boot_time now, copy_effects& out) {
  auto i = shards_.find(x.link.shard);
  if (i == shards_.end() || !is_ours(from, x.link, i->second))
    return;
  auto& s = i->second;
  std::vector<std::string> marked;
  // What is known to be committed was told before; a key may have been deleted
  // since, and nothing is left that would know it (D2).
  auto again = x.at <= s.validated;
  if (!again)
    hear_own(s, x);
  for (auto& e : x.effects) {
    if (again || !covered(s, e.key))
      continue;
    auto [r, is_new] = s.records.try_emplace(e.key);
    if (is_new) {
      bytes_ += e.key.size();
      r->second.erased = true;
    }
    auto& mine = r->second;
    if (x.at <= std::max(mine.version, mine.decided) || x.at < mine.pending)
      continue; // known already
    if (x.at > mine.pending)
      mine.pending_since = now;
    if (!keys_.empty())
      keys_.on_change({x.link.shard, e.key});
    mine.pending = x.at;
    mine.pending_value = e.value;
    mine.pending_erased = e.erased;
    mine.pending_locked = e.locked;
    mine.pending_standing = e.standing;
    s.pending.insert(e.key);
    marked.push_back(e.key);
    note_own(e.key);
  }
  // W3: marked first, then acknowledged.
  if (!marked.empty() && !MUSTER_MUTANT(w3_holder_not_silent))
    out.all.emplace_back(
      copy_effects::table{x.link.shard, publish_invalid{std::move(marked)}});
  acknowledge(from, x, s, now, out);
  // The grant was lost, or what said that the copy is given up: else it would
  // stay in the directory, and writes would wait for it. Where a key is held
  // the grant may be a newer one of the copy that holds it. A single key that
  // was asked for: its grant was lost, or would be here.
  auto held = std::any_of(x.effects.begin(), x.effects.end(), [&](auto& e) {
    return covered(s, e.key) || rack_wants(s, e.key);
  });
  auto link = x.link;
  link.to = from.run;
  if (!held && !knows(s, x.grant))
    out.all.emplace_back(send_effect{from.id, copy_drop{link, x.grant, {}}});
}

bool local_copies::knows(const shard_copies& s, grant_number grant) const {
  return std::any_of(s.prefixes.begin(), s.prefixes.end(), [&](auto& x) {
    return x.second.grant == grant || x.second.arriving == grant;
  });
}

void local_copies::on_message(const peer& from, const validate& x, boot_time,
                              copy_effects& out) {
  auto i = shards_.find(x.link.shard);
  if (i == shards_.end() || !is_ours(from, x.link, i->second))
    return;
  validate_upto(x.link.shard, i->second, x.upto, out);
}

void local_copies::validate_upto(shard_id id, shard_copies& s, sequence upto,
                                 copy_effects& out) {
  s.validated = std::max(s.validated, upto);
  settle_own(id, upto);
  for (auto key = s.pending.begin(); key != s.pending.end();) {
    auto found = s.records.find(*key);
    auto& r = found->second;
    if ((r.pending > upto && !MUSTER_MUTANT(d2_validates_too_much))
        || r.pending_locked) {
      ++key;
      continue;
    }
    bytes_ -= r.value.size();
    r.value = std::move(r.pending_value);
    r.erased = r.pending_erased;
    r.version = r.pending_standing == sequence{} ? r.pending
                                                 : r.pending_standing;
    r.decided = r.pending;
    r.pending = sequence{};
    r.pending_value.clear();
    bytes_ += r.value.size();
    note_own(found->first);
    key = s.pending.erase(key);
    if (!keep_key(s, found->first, r.value, out))
      continue;
    publish(id, found->first, r, out);
    if (r.erased) {
      bytes_ -= found->first.size() + r.value.size();
      s.records.erase(found);
    }
  }
  make_room({}, 0, out);
  if (options_.for_rack)
    commit_for_rack(id, s, upto, out);
}

void local_copies::on_fence(const fence& x, copy_effects& out) {
  auto i = shards_.find(x.shard);
  if (i == shards_.end() || x.to != self_.run || x.of < i->second.known
      || MUSTER_MUTANT(f1_fence_without_drop))
    return;
  auto& s = i->second;
  s.known = x.of;
  if (s.of.of < x.of)
    drop_all(x.shard, s, out);
}

void local_copies::on_link_up(const peer& who, boot_time now,
                              copy_effects& out) {
  for (auto& [id, s] : shards_)
    if (granter_of(s) == who)
      ask_missing(id, s, now, out);
}

void local_copies::on_tick(boot_time now, copy_effects& out) {
  ask_keys_again(now, out);
  for (auto& [id, s] : shards_) {
    choose_granter(id, s, now, out);
    ask_missing(id, s, now, out);
    if (options_.for_rack)
      tend_rack(id, s, now, out);
    // A validation was lost with its connection, or what follows a lock that
    // was granted (P2, 3.8): the next grant has it.
    for (auto& key : s.pending) {
      auto& r = s.records.at(key);
      if (r.pending_since == boot_time{}) // came with a grant
        r.pending_since = now;
      if (now - r.pending_since < options_.invalid_max)
        continue;
      r.pending_since = now;
      for (auto& [prefix, p] : s.prefixes)
        if (covers(prefix, key) && now - p.asked_at >= options_.resend)
          ask(id, s, prefix, now, out);
      if (keys_.holds(id, key))
        ask_key(s, key, out);
    }
  }
}

bool local_copies::installed(const std::string& prefix) const {
  for (auto& [id, s] : shards_) {
    if (!concerns(prefix, id) || s.replica_here)
      continue;
    auto i = s.prefixes.find(prefix);
    if (i == s.prefixes.end() || i->second.grant == grant_number{})
      return false;
  }
  return true;
}

} // namespace muster
