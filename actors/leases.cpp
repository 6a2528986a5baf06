// SPDX-License-Identifier: Apache-2.0
#include "actors/leases.hpp"

#include <caf/send.hpp>

#include <map>

namespace muster {

void lease_actor_state::dispatch() {
  for (auto& x : effects.sends)
    env->send(x.to, std::move(x.what));
  for (auto& x : effects.authorities)
    caf::anon_send(env->actors.shards[x.shard.value], x);
  for (auto& x : effects.news)
    tell_news(x);
  for (auto& x : effects.rates)
    tell_rate(x);
  if (effects.own_clock_doubted)
    tell_doubt(*effects.own_clock_doubted);
  effects = lease_effects{};
}

void lease_actor_state::tell_rate(const lease_effects::rate_news& x) {
  if (x.agrees)
    env->ports.events.note(severity::info, "clock_agrees",
                           "granter=" + x.granter.value);
  else
    env->ports.events.note(severity::error, "clock_rates_differ",
                              "granter=" + x.granter.value
                                + "; nothing is read under its leases; look at "
                                  "the clock source of both hosts");
}

void lease_actor_state::tell_doubt(bool doubted) {
  env->ports.events.note(doubted ? severity::error : severity::info,
                         doubted ? "own_clock_doubted" : "own_clock_agrees",
                         doubted ? "most machines' clocks run at another rate: "
                                   "this one leads no shard until they agree"
                                 : "");
  for (auto& shard : env->actors.shards)
    caf::anon_send(shard, own_clock{doubted});
}

void lease_actor_state::tell_heard(const peer& who) {
  // Of a primary whose clock is wrong nobody shall expect anything.
  if (!core->trusts_clock_of(who))
    return;
  for (auto& a : env->routing.view()->shards)
    if (a.primary == who.id && a.primary_run == who.run)
      caf::anon_send(env->actors.shards[a.shard.value], heard{who});
}

void lease_actor_state::tell_news(const lease_news& x) {
  // Copies get theirs in one message; each replica only what is its own.
  lease_news copies{x.granter, x.end, {}, {}};
  std::map<shard_id, lease_news> replicas;
  auto sort = [&](const std::vector<cover>& from,
                  std::vector<cover> lease_news::*into) {
    for (auto& what : from) {
      if (what.kind == cover_kind::copy)
        (copies.*into).push_back(what);
      else if (what.kind == cover_kind::replica)
        (replicas.try_emplace(what.shard, lease_news{x.granter, x.end, {}, {}})
           .first->second
         .*into)
          .push_back(what);
    }
  };
  sort(x.held, &lease_news::held);
  sort(x.lost, &lease_news::lost);
  // Of its switch a machine wants to know that it answers.
  if (!copies.held.empty() || !copies.lost.empty()
      || x.granter.id == env->facts.copies.behind)
    caf::anon_send(env->actors.copies, std::move(copies));
  for (auto& [shard, news] : replicas)
    if (shard.value < env->actors.shards.size())
      caf::anon_send(env->actors.shards[shard.value], std::move(news));
}

lease_actor::behavior_type
lease_behavior(metered<lease_actor, lease_actor_state>* self,
               machine_environment* env) {
  auto& state = self->state;
  state.env = env;
  state.core.emplace(env->facts.self.id, env->facts.self.run,
                     env->facts.shard.lease, env->facts.copies.behind);
  return {
    [self](const peer& from, const lease_request& x) {
      auto& s = self->state;
      s.core->on_request(from, x, s.env->now(), s.effects);
      s.dispatch();
      s.tell_heard(from);
    },
    [self](const peer& from, const lease_grant& x) {
      auto& s = self->state;
      s.core->on_grant(from, x, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const require_leases& x) {
      auto& s = self->state;
      s.core->require(x.shard, x.what.of, x.what.version, x.what.granters,
                      x.what.aspirants, s.effects);
      s.dispatch();
    },
    [self](const release_leases& x) { self->state.core->release(x.shard); },
    [self](const renew_lease& x) {
      auto& s = self->state;
      s.core->renew_now(x.granter, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const start_cover& x) {
      self->state.core->start_covering(x.who, x.what, x.under);
    },
    [self](const stop_cover& x) {
      auto& s = self->state;
      auto answer = s.core->stop_covering(x.who, x.what);
      answer.number = x.number;
      if (x.what.kind == cover_kind::copy)
        caf::anon_send(s.env->actors.agent, std::move(answer));
      else
        caf::anon_send(s.env->actors.shards[x.what.shard.value],
                       std::move(answer));
    },
    [self](const member_list& x) {
      std::vector<peer> peers;
      for (auto& m : x.members)
        peers.push_back(m.who);
      self->state.core->set_peers(peers);
    },
    [self](const tick&) {
      auto& s = self->state;
      s.core->on_tick(s.env->now(), s.effects);
      s.dispatch();
    },
  };
}

} // namespace muster
