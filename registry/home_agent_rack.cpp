// SPDX-License-Identifier: Apache-2.0

// The part of `home_agent` that is about switches (3.8): what it does on one,
// and at a home for one.

#include "registry/home_agent.hpp"
#include "registry/mutants.hpp"

#include <algorithm>
#include <set>

namespace muster {

void home_agent::on_rack_started(const rack_started& x, agent_effects& out) {
  on_rack_ended(out);
  term_ = x.of;
  under_ = x.under;
  round_ = x.round;
  // F1: a list that was read in the term.
  if (members_at_.value < term_.value)
    members_.clear();
  report(out);
}

void home_agent::on_rack_ended(agent_effects& out) {
  // Who has copies of the session that is over may serve them until its lease
  // is over, and is waited for until then, also in the next one (D4).
  expel_all(out);
  if (MUSTER_MUTANT(d4_rack_forgotten))
    holders_.clear();
  term_ = term{};
  flights_.clear();
  reported_ = committed_ = sequence{};
}

void home_agent::expel_all(agent_effects& out) {
  for (auto& [who, h] : holders_)
    if (!h.expelling)
      expel(who, h, out);
}

void home_agent::relay(const peer& from, submit x, agent_effects& out) {
  auto who = enlisted(x.what);
  if (!who.empty())
    out.emplace_back(send_effect{from.id, enlist{x.slot, x.what.id, who}});
  auto shard = x.shard;
  out.emplace_back(send_home_effect{shard, relayed{from, std::move(x)}});
}

void home_agent::on_relayed(const peer& from, relayed x, agent_effects& out) {
  // A home does not take just anybody's word for who a command is from.
  auto m = members_.find(from);
  auto origin = members_.find(x.origin);
  if (options_.for_rack || m == members_.end() || !m->second.is_switch
      || origin == members_.end() || origin->second.behind != from.id)
    return; // the origin asks again, itself
  on_submit(x.origin, std::move(x.what), out);
}

void home_agent::enlist_rack(const flight& f, agent_effects& out) const {
  if (f.entry.origin == machine_id{})
    return;
  enlist told{f.entry.slot, f.entry.id, {}};
  for (auto& [who, w] : f.waits) {
    auto h = holders_.find(who);
    auto found = h == holders_.end()
                   ? nullptr
                   : covering(h->second, f.entry.effects, true);
    if (found)
      told.who.push_back(
        describe(who, participation::copy_of_prefix, found->first));
  }
  if (!told.who.empty())
    out.emplace_back(send_effect{f.entry.origin, std::move(told)});
}

void home_agent::on_fence(const peer& from, const fence& x, boot_time now,
                          agent_effects& out) {
  if (x.to != self_.run)
    return;
  fences_[from] = x;
  for (auto& [who, h] : holders_)
    if (h.of < x.of)
      out.emplace_back(send_effect{who.id, fence{shard_, x.of, who.run}});
  finish_expulsions(now, out);
}

void home_agent::on_fence_ack(const peer& from, const fence_ack& x,
                              boot_time now, agent_effects& out) {
  auto h = holders_.find(from);
  if (h == holders_.end() || x.to != self_.run || x.of <= h->second.of)
    return;
  // It has nothing of lower terms, and never will have.
  if (!h->second.expelling)
    expel(from, h->second, out);
  h->second.silent_at = now;
  finish_expulsions(now, out);
}

void home_agent::pass_fences(agent_effects& out) {
  for (auto i = fences_.begin(); i != fences_.end();) {
    auto lower = [&](auto& x) { return x.second.of < i->second.of; };
    if (std::any_of(holders_.begin(), holders_.end(), lower)) {
      ++i;
      continue;
    }
    out.emplace_back(fence_passed{i->first, i->second});
    i = fences_.erase(i);
  }
}

void home_agent::tell_needs(agent_effects& out) {
  std::set<std::string> prefixes;
  for (auto& [who, h] : holders_)
    h.grants.add_prefixes(prefixes);
  rack_needs x{shard_, round_, {prefixes.begin(), prefixes.end()}};
  if (x.round == told_needs_.round && x.prefixes == told_needs_.prefixes)
    return;
  told_needs_ = x;
  out.emplace_back(std::move(x));
}

// -- at a home ----------------------------------------------------------------

invalidate home_agent::invalidation(const peer& who, const holder& h,
                                    const flight& f, grant_number under) const {
  invalidate out{link_to(who, h), under, f.entry.at, f.entry.effects};
  auto m = members_.find(who);
  if (m == members_.end() || !m->second.is_switch)
    return out;
  out.id = f.entry.id;
  out.origin = f.entry.origin;
  out.slot = f.entry.slot;
  return out;
}

std::vector<acknowledgement>
home_agent::rack_word(std::vector<acknowledgement> behind,
                      const acknowledgement& own) {
  int64_t last = 0;
  for (auto& x : behind)
    last = std::max(last, x.after_ns);
  for (auto& x : behind) {
    x.after_ns = std::max<int64_t>(0, own.after_ns - (last - x.after_ns));
    x.shard = own.shard;
  }
  return behind;
}

size_t home_agent::prefixes_max(const peer& who) const {
  auto m = members_.find(who);
  return m != members_.end() && m->second.is_switch ? options_.rack_grants_max
                                                    : options_.grants_max;
}

bool home_agent::is_silent_too_long(const wait& w, boot_time now) const {
  auto waits = w.word != boot_time{} && now - w.word <= options_.ack_timeout;
  return now - w.since > (waits ? options_.rack_timeout : options_.ack_timeout);
}

void home_agent::on_rack_waiting(const peer& from, const rack_waiting& x,
                                 boot_time now) {
  auto h = find(from, x.link);
  auto f = flights_.find(x.at);
  auto m = members_.find(from);
  if (!h || f == flights_.end() || m == members_.end() || !m->second.is_switch)
    return;
  auto w = f->second.waits.find(from);
  if (w != f->second.waits.end() && w->second.grant == x.grant)
    w->second.word = now;
}

} // namespace muster
