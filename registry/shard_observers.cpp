// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_observers.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

shard_observers::shard_observers(shard_id shard, peer self, limits x)
  : shard_(shard), self_(std::move(self)), limits_(x) {
  // nop
}

void shard_observers::start(term of) {
  stop();
  of_ = of;
}

void shard_observers::stop() {
  of_ = term{};
  flights_.clear();
  silent_.clear();
}

bool shard_observers::set_policies(const std::vector<policy>& in_force) {
  std::vector<policy> mine;
  for (auto& x : in_force)
    if (!within_one_shard(x.prefix)
        || shard_of(x.prefix, limits_.shard_count) == shard_)
      mine.push_back(x);
  if (mine == policies_)
    return false;
  policies_ = std::move(mine);
  unregistered_.clear();
  return true;
}

std::vector<std::string> shard_observers::prefixes() const {
  std::set<std::string> out;
  for (auto& x : policies_)
    out.insert(x.prefix);
  return {out.begin(), out.end()};
}

std::map<machine_id, std::vector<std::string>>
shard_observers::named(const std::vector<effect>& touched) const {
  std::map<machine_id, std::vector<std::string>> out;
  for (auto& x : policies_) {
    auto under = [&](auto& e) { return under_policy(x.prefix, e.key); };
    if (std::none_of(touched.begin(), touched.end(), under))
      continue;
    for (auto& id : x.machines)
      out[id].push_back(title_of(x));
  }
  return out;
}

/// Run 0: it is not registered.
peer shard_observers::incarnation_of(const machine_id& id) const {
  auto i = members_.lower_bound(peer{id, incarnation{}});
  return i != members_.end() && i->first.id == id ? i->first
                                                  : peer{id, incarnation{}};
}

std::vector<participant>
shard_observers::enlisted(const std::vector<effect>& touched) const {
  std::vector<participant> out;
  for (auto& [id, titles] : named(touched))
    for (auto& title : titles) {
      participant x;
      x.who = incarnation_of(id);
      x.shard = shard_;
      x.reason = participation::policy;
      x.prefix = title;
      x.enlisted_by = self_.id;
      if (auto i = members_.find(x.who); i != members_.end())
        x.address = i->second;
      out.push_back(std::move(x));
    }
  return out;
}

flow shard_observers::link_to(const peer& who) const {
  return flow{shard_, of_, session{}, who.run};
}

void shard_observers::tell(const peer& who, sequence at, const flight& f,
                           const wait& w, observer_effects& out) const {
  out.emplace_back(
    send_effect{who.id, observe{link_to(who), at, f.id, f.keys, w.titles}});
}

void shard_observers::finish(const peer& who, const flight& f, wait& w,
                             bool expelled) const {
  w.done = true;
  w.ack = {who, (now_ - f.prepared_at).count(), expelled, shard_};
}

void shard_observers::tell_unregistered(const machine_id& id,
                                        const std::string& title,
                                        observer_effects& out) {
  if (unregistered_.insert(id).second)
    out.emplace_back(note_effect{true, "policy_machine_unknown",
                                 "machine=" + id.value + " policy=" + title
                                   + "; nobody of that id is registered"});
}

void shard_observers::watch(const watched_entry& x,
                            const std::set<peer>& holders, boot_time now,
                            observer_effects& out) {
  now_ = now;
  auto found = named(x.effects);
  if (found.empty())
    return;
  auto& f = flights_[x.at];
  f.id = x.id;
  f.prepared_at = x.prepared_at;
  f.keys.clear();
  for (auto& e : x.effects)
    f.keys.push_back(e.key);
  for (auto& [id, titles] : found) {
    auto who = incarnation_of(id);
    if (who.run == incarnation{}) {
      tell_unregistered(id, titles.front(), out);
      finish(who, f, f.waits[who], true);
      continue;
    }
    // Each machine takes part once: this one decides, a holder is invalidated.
    if (who.id == self_.id || holders.count(who) > 0 || f.waits.count(who) > 0)
      continue;
    auto& w = f.waits[who];
    w.titles = titles;
    w.since = w.sent = now;
    tell(who, x.at, f, w, out);
    if (is_silent(who))
      finish(who, f, w, true);
  }
}

bool shard_observers::is_open(sequence at) const {
  auto f = flights_.find(at);
  if (f == flights_.end() || MUSTER_MUTANT(agent_policy_not_waited))
    return false;
  auto& waits = f->second.waits;
  return std::any_of(waits.begin(), waits.end(),
                     [](auto& w) { return !w.second.done; });
}

bool shard_observers::is_done(sequence at, const machine_id& who) const {
  if (auto f = flights_.find(at); f != flights_.end())
    for (auto& [told, w] : f->second.waits)
      if (told.id == who)
        return w.done;
  return false;
}

void shard_observers::add_acknowledgements(sequence at,
                                           std::vector<holder_ack>& to) const {
  auto f = flights_.find(at);
  if (f == flights_.end())
    return;
  for (auto& [who, w] : f->second.waits)
    if (w.done)
      to.push_back({at, w.ack});
}

void shard_observers::on_observed(const peer& from, const observed& x,
                                  boot_time now) {
  if (x.link.of != of_ || x.link.to != self_.run)
    return;
  now_ = now;
  silent_.erase(from); // however late
  auto f = flights_.find(x.at);
  if (f == flights_.end())
    return;
  auto w = f->second.waits.find(from);
  if (w != f->second.waits.end() && !w->second.done)
    finish(from, f->second, w->second, false);
}

void shard_observers::on_committed(sequence upto, observer_effects& out) {
  std::set<peer> told;
  while (!flights_.empty() && flights_.begin()->first <= upto) {
    for (auto& [who, w] : flights_.begin()->second.waits)
      if (who.run != incarnation{})
        told.insert(who);
    flights_.erase(flights_.begin());
  }
  for (auto& who : told)
    out.emplace_back(send_effect{who.id, observe_done{link_to(who), upto}});
}

void shard_observers::on_link_up(const peer& who, boot_time now,
                                 observer_effects& out) {
  silent_.erase(who);
  for (auto& [at, f] : flights_) {
    auto w = f.waits.find(who);
    if (w == f.waits.end() || w->second.done)
      continue;
    w->second.sent = now;
    tell(who, at, f, w->second, out);
  }
}

void shard_observers::on_members(member_map members) {
  members_ = std::move(members);
  // It holds nothing: that its incarnation has gone is enough.
  for (auto& [at, f] : flights_)
    for (auto& [who, w] : f.waits)
      if (!w.done && members_.count(who) == 0)
        finish(who, f, w, true);
  std::erase_if(silent_, [&](auto& x) { return members_.count(x) == 0; });
}

void shard_observers::on_silent(const peer& who, boot_time now) {
  now_ = now;
  silent_.insert(who);
  for (auto& [at, f] : flights_)
    if (auto w = f.waits.find(who); w != f.waits.end() && !w->second.done)
      finish(who, f, w->second, true);
}

void shard_observers::on_tick(boot_time now, observer_effects& out) {
  std::map<peer, std::string> late;
  for (auto& [at, f] : flights_) {
    for (auto& [who, w] : f.waits) {
      if (w.done)
        continue;
      if (now - w.since > limits_.ack_timeout) { // T6
        late.emplace(who, w.titles.front());
      } else if (now - w.sent > limits_.resend) {
        w.sent = now;
        tell(who, at, f, w, out);
      }
    }
  }
  for (auto& [who, title] : late) {
    on_silent(who, now);
    out.emplace_back(observer_silent{who, title});
  }
}

} // namespace muster
