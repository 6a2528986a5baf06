// SPDX-License-Identifier: Apache-2.0
#include "registry/home_agent.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

home_agent::home_agent(shard_id shard, peer self, agent_options options)
  : shard_(shard), self_(std::move(self)), options_(options),
    interest_(options.interest),
    observers_(shard, self_,
               {options.shard_count, options.ack_timeout, options.resend}) {
  // nop
}

void home_agent::on_started(const home_started& x) {
  on_stopped();
  term_ = x.of;
  observers_.start(term_);
  // F1: a list that was read after the swap.
  if (members_at_.value < term_.value)
    members_.clear();
}

void home_agent::on_stopped() {
  // Copies belong to a term; the next primary's fence ends them.
  term_ = term{};
  handing_over_ = false;
  holders_.clear();
  flights_.clear();
  interest_.clear();
  round_ = reported_round_ = 0;
  reported_ = committed_ = sequence{};
  observers_.stop();
  policies_asked_ = false;
  policies_awaited_ = boot_time{};
}

void home_agent::on_directory_ask(const directory_ask& x, boot_time now,
                                  agent_effects& out) {
  if (x.of != term_)
    return;
  handing_over_ = true;
  finish_expulsions(now, out);
  directory_told told{shard_, term_, {}};
  for (auto& [who, h] : holders_)
    told.holders.push_back({who, h.in}); // those being expelled as well
  out.emplace_back(std::move(told));
}

void home_agent::on_resumed(const home_resumed& x) {
  if (x.of == term_)
    handing_over_ = false;
}

flow home_agent::link_to(const peer& who, const holder& h) const {
  return flow{shard_, h.of, h.in, who.run};
}

home_agent::holder* home_agent::find(const peer& who, const flow& link) {
  auto i = holders_.find(who);
  if (i != holders_.end() && MUSTER_MUTANT(t4_session_ignored))
    return &i->second;
  if (i == holders_.end() || link.of != term_ || link.in != i->second.in
      || link.to != self_.run)
    return nullptr;
  return &i->second;
}

const holder_grants::entry*
home_agent::covering(const holder& h, const std::vector<effect>& effects,
                     bool granted_only) {
  const holder_grants::entry* newest = nullptr;
  for (auto& e : effects) {
    auto found = h.grants.newest_covering(e.key, granted_only);
    if (found && MUSTER_MUTANT(d6_key_not_watched) && found->second.exact)
      continue;
    if (found && (!newest || newest->second.number < found->second.number))
      newest = found;
  }
  return newest;
}

bool home_agent::lists(const peer& who, const std::string& key) const {
  auto found = holders_.find(who);
  return found != holders_.end()
         && found->second.grants.newest_covering(key, true);
}

std::vector<peer> home_agent::holders_of(const std::string& key) const {
  std::vector<peer> out;
  for (auto& [who, h] : holders_)
    if (lists(who, key))
      out.push_back(who);
  return out;
}

participant home_agent::describe(const peer& who, participation why,
                                 const std::string& prefix) const {
  participant out;
  out.who = who;
  out.shard = shard_;
  out.reason = why;
  out.prefix = prefix;
  out.enlisted_by = self_.id;
  if (auto i = members_.find(who); i != members_.end())
    out.address = i->second.address;
  return out;
}

std::vector<participant> home_agent::enlisted(const command& x) {
  std::vector<participant> out;
  if (!active()
      || (holders_.empty() && interest_.pair_count() == 0
          && !observers_.any_policy()))
    return out;
  std::vector<effect> touched;
  auto touch = [&](auto& part) {
    if (shard_of(part.key, options_.shard_count) == shard_)
      touched.push_back({part.key, {}, false, false, {}});
  };
  for (auto branch : {&x.operations, &x.otherwise})
    for (auto& op : *branch)
      touch(op);
  for (auto& e : touched)
    interest_.on_write(e.key);
  for (auto& [who, h] : holders_)
    if (auto found = covering(h, touched, false))
      out.push_back(describe(who, participation::copy_of_prefix, found->first));
  auto named = observers_.enlisted(touched);
  out.insert(out.end(), named.begin(), named.end());
  return out;
}

void home_agent::on_submit(const peer& from, submit x, agent_effects& out) {
  if (options_.for_rack)
    return relay(from, std::move(x), out);
  home_submit pass{std::move(x), from, {}, false, {}};
  pass.enlisted = enlisted(pass.what.what);
  if (!pass.enlisted.empty())
    out.emplace_back(send_effect{
      from.id, enlist{pass.what.slot, pass.what.what.id, pass.enlisted}});
  out.emplace_back(std::move(pass));
}

void home_agent::on_part(const peer& from, part_prepare x, agent_effects& out) {
  home_part pass{std::move(x), from, {}, false};
  pass.enlisted = enlisted(pass.what.what);
  if (!pass.enlisted.empty())
    out.emplace_back(
      send_effect{pass.what.origin.id,
                  enlist{pass.what.slot, pass.what.what.id, pass.enlisted}});
  out.emplace_back(std::move(pass));
}

void home_agent::invalidate_at(const peer& who, holder& h, flight& f,
                               boot_time now, agent_effects& out) {
  auto found = covering(h, f.entry.effects, true);
  if (!found)
    return;
  auto& w = f.waits[who];
  // T6: a new grant starts no new term for an acknowledgement that is due.
  auto since = w.grant != grant_number{} && !w.done ? w.since : now;
  w = wait{found->second.number, since, now, w.word, false, {}, {}};
  f.reported = false;
  out.emplace_back(send_effect{who.id, invalidation(who, h, f, w.grant)});
}

void home_agent::on_prepared(const entries_prepared& x, boot_time now,
                             agent_effects& out) {
  if (x.of != term_)
    return;
  if (x.round != 0) {
    round_ = x.round;
    reported_ = sequence{};
  }
  for (auto& entry : x.entries) {
    auto& f = flights_[entry.at];
    f.entry = entry;
    for (auto& [who, h] : holders_)
      invalidate_at(who, h, f, now, out);
    if (options_.for_rack)
      enlist_rack(f, out);
    else
      observe_at(f, now, out);
  }
  report(out);
}

void home_agent::on_invalidate_ack(const peer& from, const invalidate_ack& x,
                                   boot_time now, agent_effects& out) {
  auto h = find(from, x.link);
  auto f = flights_.find(x.at);
  if (!h || f == flights_.end())
    return;
  auto w = f->second.waits.find(from);
  if (w == f->second.waits.end() || w->second.done
      || (w->second.grant != x.grant && !MUSTER_MUTANT(d2_grant_ignored))) // D2
    return;
  w->second.done = true;
  w->second.ack = {from, (now - f->second.entry.prepared_at).count(), false,
                   shard_};
  w->second.behind = rack_word(x.behind, w->second.ack);
  report(out);
}

void home_agent::report(agent_effects& out) {
  // Everything up to the first entry that still waits is ready.
  auto upto = reported_;
  std::vector<holder_ack> acks;
  for (auto& [at, f] : flights_) {
    auto open = [](auto& w) { return !w.second.done; };
    if (std::any_of(f.waits.begin(), f.waits.end(), open)
        || observers_.is_open(at))
      break;
    upto = std::max(upto, at);
    if (f.reported)
      continue;
    f.reported = true;
    for (auto& [who, w] : f.waits) {
      acks.push_back({at, w.ack});
      for (auto& ack : w.behind)
        acks.push_back({at, ack});
    }
    observers_.add_acknowledgements(at, acks);
  }
  if (upto == reported_ && round_ == reported_round_ && acks.empty())
    return;
  reported_ = upto;
  reported_round_ = round_;
  out.emplace_back(holders_ready{shard_, term_, round_, upto, std::move(acks)});
}

void home_agent::on_committed(const entries_committed& x, agent_effects& out) {
  if (x.of != term_)
    return;
  committed_ = x.upto;
  std::set<peer> told;
  while (!flights_.empty() && flights_.begin()->first <= x.upto) {
    for (auto& [who, w] : flights_.begin()->second.waits)
      told.insert(who);
    flights_.erase(flights_.begin());
  }
  for (auto& who : told)
    if (auto h = holders_.find(who); h != holders_.end())
      out.emplace_back(
        send_effect{who.id, validate{link_to(who, h->second), x.upto}});
  observer_effects observing;
  observers_.on_committed(x.upto, observing);
  add(observing, out);
  if (options_.for_rack)
    report(out); // what was behind them may be ready
}

void home_agent::on_copy_drop(const peer& from, const copy_drop& x,
                              boot_time now, agent_effects& out) {
  auto h = find(from, x.link);
  if (!h)
    return;
  if (!h->grants.give_up(x.grant))
    return; // D2: a newer one has taken its place
  // D2: what it gave up it does not serve; no acknowledgement need come. What
  // another of its copies covers, it still serves.
  for (auto& [at, f] : flights_) {
    auto w = f.waits.find(from);
    if (w == f.waits.end() || w->second.done
        || covering(*h, f.entry.effects, true))
      continue;
    w->second.done = true;
    w->second.ack = {from, (now - f.entry.prepared_at).count(), false, shard_};
    if (!options_.for_rack && observers_.any_policy()) {
      // A2: if a policy names it, it is told as one that holds nothing.
      f.waits.erase(w);
      f.reported = false;
      observe_at(f, now, out);
    }
  }
  report(out);
}

void home_agent::on_members(epoch at, const std::vector<member>& members,
                            agent_effects& out) {
  if (at < members_at_)
    return;
  shard_observers::member_map known;
  for (auto& m : members)
    known[m.who] = m.host + ":" + std::to_string(m.port);
  observers_.on_members(std::move(known));
  report(out);
  if (at.value < term_.value)
    return;
  members_at_ = at;
  members_.clear();
  for (auto& m : members)
    if (!options_.for_rack || m.behind == self_.id)
      members_[m.who] = {m.host + ":" + std::to_string(m.port), m.is_switch(),
                         m.behind};
  if (MUSTER_MUTANT(d4_holder_forgotten))
    std::erase_if(holders_,
                  [&](auto& x) { return members_.count(x.first) == 0; });
  // D4: a newer incarnation proves nothing, but the old one's leases may
  // begin to end.
  for (auto& [who, h] : holders_)
    if (!h.expelling && members_.count(who) == 0)
      expel(who, h, out);
}

void home_agent::expel(const peer& who, holder& h, agent_effects& out) {
  h.expelling = true;
  out.emplace_back(note_effect{true, "holder_expelled",
                               "shard=" + std::to_string(shard_.value)
                                 + " holder=" + who.id.value});
  out.emplace_back(
    uncover_effect{who, cover{shard_, cover_kind::copy, h.of, h.in}});
}

void home_agent::on_uncovered(const uncovered& x, boot_time now,
                              agent_effects& out) {
  auto h = holders_.find(x.who);
  if (h == holders_.end() || !h->second.expelling || x.what.in != h->second.in
      || x.what.of != h->second.of)
    return;
  h->second.silent_at = x.until;
  if (MUSTER_MUTANT(c1_expelled_not_silent))
    h->second.silent_at = now;
  finish_expulsions(now, out);
}

void home_agent::finish_expulsions(boot_time now, agent_effects& out) {
  auto any = false;
  for (auto i = holders_.begin(); i != holders_.end();) {
    if (!i->second.expelling || now < i->second.silent_at) {
      ++i;
      continue;
    }
    for (auto& [at, f] : flights_) {
      auto w = f.waits.find(i->first);
      if (w == f.waits.end() || w->second.done)
        continue;
      w->second.done = true;
      w->second.ack = {i->first, (now - f.entry.prepared_at).count(), true,
                       shard_};
      any = true;
    }
    i = holders_.erase(i); // the next request begins a new session (T4)
  }
  if (any)
    report(out);
  if (options_.for_rack)
    pass_fences(out);
}

void home_agent::on_link_up(const peer& who, boot_time now,
                            agent_effects& out) {
  observer_effects observing;
  observers_.on_link_up(who, now, observing);
  add(observing, out);
  auto h = holders_.find(who);
  if (h == holders_.end())
    return;
  if (committed_ != sequence{})
    out.emplace_back(
      send_effect{who.id, validate{link_to(who, h->second), committed_}});
  // D1: after a reconnect every invalidation not acknowledged again, and what
  // the lost connection took: grants are asked for again by the holder.
  for (auto& [at, f] : flights_) {
    auto w = f.waits.find(who);
    if (w == f.waits.end() || w->second.done)
      continue;
    w->second.sent = now;
    out.emplace_back(
      send_effect{who.id, invalidation(who, h->second, f, w->second.grant)});
  }
}

void home_agent::on_tick(boot_time now, agent_effects& out) {
  for (auto& [at, f] : flights_) {
    for (auto& [who, w] : f.waits) {
      auto h = holders_.find(who);
      if (w.done || h == holders_.end() || h->second.expelling)
        continue;
      if (is_silent_too_long(w, now)) { // T6
        expel(who, h->second, out);
      } else if (now - w.sent > options_.resend) {
        w.sent = now;
        out.emplace_back(
          send_effect{who.id, invalidation(who, h->second, f, w.grant)});
      }
    }
  }
  finish_expulsions(now, out);
  observer_effects observing;
  observers_.on_tick(now, observing);
  if (!observing.empty()) {
    add(observing, out);
    report(out);
  }
  if (options_.for_rack)
    tell_needs(out);
  else
    wait_for_policies(now, out);
}

} // namespace muster
