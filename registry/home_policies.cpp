// SPDX-License-Identifier: Apache-2.0

// The home agent and the policies: machines that are enlisted by name.

#include "registry/home_agent.hpp"

#include <algorithm>

namespace muster {

namespace {

/// Whether the same policy names the same machine there.
bool names(const std::vector<participant>& all, const participant& x) {
  return std::any_of(all.begin(), all.end(), [&](auto& y) {
    return y.who.id == x.who.id && y.prefix == x.prefix;
  });
}

} // namespace

void home_agent::add(observer_effects& from, agent_effects& to) {
  for (auto& x : from)
    std::visit([&](auto& what) { to.emplace_back(std::move(what)); }, x);
}

void home_agent::on_policies(const std::vector<policy>& in_force,
                             agent_effects& out) {
  if (options_.for_rack)
    return; // the homes see to them
  auto changed = observers_.set_policies(in_force);
  if (active() && (changed || !policies_asked_))
    ask_policies(out);
}

void home_agent::ask_policies(agent_effects& out) {
  policies_asked_ = true;
  out.emplace_back(policy_ask{shard_, term_, observers_.prefixes()});
}

void home_agent::wait_for_policies(boot_time now, agent_effects& out) {
  if (!active() || policies_asked_)
    return;
  if (policies_awaited_ == boot_time{})
    policies_awaited_ = now;
  if (now - policies_awaited_ < options_.policy_patience)
    return;
  out.emplace_back(note_effect{true, "policies_unknown",
                               "shard=" + std::to_string(shard_.value)
                                 + " goes on without them: the home of "
                                 + std::string{policies_prefix}
                                 + " is out of reach"});
  ask_policies(out);
}

void home_agent::on_policy_data(const policy_data& x, boot_time now,
                                agent_effects& out) {
  if (x.of != term_)
    return;
  round_ = x.round;
  reported_ = x.as_of; // the shard forgot what it was told before
  for (auto& entry : x.undecided) {
    auto& f = flights_[entry.at];
    f.entry = entry;
    f.reported = false;
    observe_at(f, now, out);
  }
  report(out);
}

void home_agent::observe_at(flight& f, boot_time now, agent_effects& out) {
  if (!observers_.any_policy())
    return;
  auto named = observers_.enlisted(f.entry.effects);
  if (named.empty())
    return;
  std::set<peer> holders;
  for (auto& [who, w] : f.waits)
    holders.insert(who);
  observer_effects observing;
  observers_.watch(f.entry, holders, now, observing);
  add(observing, out);
  // The policies may be others than when it was submitted.
  std::erase_if(named, [&](auto& x) { return names(f.entry.by_policy, x); });
  if (!named.empty() && f.entry.origin != machine_id{})
    out.emplace_back(send_effect{
      f.entry.origin, enlist{f.entry.slot, f.entry.id, std::move(named)}});
}

bool home_agent::is_done(sequence at, const machine_id& who) const {
  if (who == self_.id)
    return true;
  if (auto f = flights_.find(at); f != flights_.end())
    for (auto& [told, w] : f->second.waits)
      if (told.id == who)
        return w.done;
  return observers_.is_done(at, who);
}

void home_agent::on_observed(const peer& from, const observed& x, boot_time now,
                             agent_effects& out) {
  observers_.on_observed(from, x, now);
  report(out);
}

void home_agent::on_observer_silent(const peer& who, boot_time now,
                                    agent_effects& out) {
  observers_.on_silent(who, now);
  report(out);
}

} // namespace muster
