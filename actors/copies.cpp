// SPDX-License-Identifier: Apache-2.0
#include "actors/copies.hpp"

#include "actors/shard_dispatch.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

/// Carries out one effect of the copies core.
struct copies_dispatcher {
  machine_environment& env;

  void operator()(send_effect& x) {
    env.send(x.to, std::move(x.what));
  }
  void operator()(copy_effects::table& x) {
    std::visit(shard_dispatcher{env, x.shard, publisher::copies}, x.what);
  }
  void operator()(copy_effects::renew& x) {
    caf::anon_send(env.actors.leases, renew_lease{x.granter});
  }

  /// On a switch: everything else is for the agent.
  template <class Message>
  void operator()(Message& x) {
    caf::anon_send(env.actors.agent, std::move(x));
  }
};

using self_pointer = metered<copies_actor, copies_actor_state>*;

template <class Message>
auto from_home(self_pointer self) {
  return [self](const peer& from, const Message& x) {
    auto& s = self->state;
    s.core->on_message(from, x, s.env->now(), s.effects);
    s.dispatch();
  };
}

} // namespace

void copies_actor_state::begin(machine_environment& x) {
  env = &x;
  auto options = env->facts.copies;
  options.own_prefix = policies_prefix;
  core.emplace(env->facts.self, env->facts.shard_count, std::move(options));
  core->watch_reads([this](shard_id shard, const std::string& key) {
    return env->ports.table.take_read(shard, key);
  });
}

void copies_actor_state::dispatch() {
  if (env->policies.look(*core)) // before an acknowledgement leaves
    caf::anon_send(env->actors.agent, policies_changed{});
  copies_dispatcher to{*env};
  for (auto& x : effects.all)
    std::visit(to, x);
  effects.all.clear();
  if (env->facts.copies.behind != machine_id{})
    env->relay = core->relay(env->now());
}

copies_actor::behavior_type
copies_behavior(metered<copies_actor, copies_actor_state>* self,
                machine_environment* env) {
  self->state.begin(*env);
  return {
    from_home<copy_session>(self),
    from_home<copy_grant>(self),
    from_home<copy_offer>(self),
    from_home<invalidate>(self),
    from_home<validate>(self),
    [self](const peer& from, const fence& x) {
      auto& s = self->state;
      s.core->on_fence(x, s.effects);
      s.dispatch();
      if (x.shard.value >= s.env->facts.shard_count)
        return;
      if (s.env->facts.copies.for_rack) // S1: first the rack
        caf::anon_send(s.env->actors.agent, from, x);
      else
        caf::anon_send(s.env->actors.shards[x.shard.value], from, x);
    },
    [self](const copy_ask& x) {
      auto& s = self->state;
      s.core->on_rack_ask(x, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const holders_ready& x) {
      auto& s = self->state;
      s.core->on_rack_ready(x, s.effects);
      s.dispatch();
    },
    [self](const rack_needs& x) { self->state.core->on_rack_needs(x); },
    [self](const member_list& x) {
      auto& s = self->state;
      s.core->on_members(x.members, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const pin_prefix& x) {
      auto& s = self->state;
      if (x.on)
        s.core->pin(x.prefix, s.env->now(), s.effects);
      else
        s.core->unpin(x.prefix, s.effects);
      s.dispatch();
    },
    [self](const assignment& x) {
      auto& s = self->state;
      s.core->on_assignment(x, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const lease_news& x) {
      auto& s = self->state;
      s.core->on_lease_news(x, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const link_up& x) {
      auto& s = self->state;
      s.core->on_link_up(x.who, s.env->now(), s.effects);
      s.dispatch();
    },
    [self](const tick&) {
      auto& s = self->state;
      s.core->on_tick(s.env->now(), s.effects);
      s.dispatch();
      s.env->key_copies.set(s.core->key_probe());
    },
  };
}

} // namespace muster
