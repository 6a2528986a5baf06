// SPDX-License-Identifier: Apache-2.0
#include "actors/policy_agent.hpp"

namespace muster {

namespace {

struct policy_agent_dispatcher {
  machine_environment& env;

  void operator()(send_effect& x) {
    env.send(x.to, std::move(x.what));
  }
  void operator()(note_effect& x) {
    env.ports.events.note(x.warning ? severity::warning : severity::info,
                          x.what, std::move(x.detail));
  }
};

using self_pointer = metered<policy_agent_actor, policy_agent_actor_state>*;

template <class Message>
auto from_home(self_pointer self) {
  return [self](const peer& from, const Message& x) {
    auto& s = self->state;
    s.core->on_message(from, x, s.effects);
    s.dispatch();
  };
}

bool is_fresh(const machine_environment& env) {
  auto shard = env.policies.shard();
  auto end = std::max(env.table.lease_end(publisher::replica, shard),
                      env.table.lease_end(publisher::copies, shard));
  return end > env.now();
}

} // namespace

void policy_agent_actor_state::dispatch() {
  policy_agent_dispatcher to{*env};
  for (auto& x : effects)
    std::visit(to, x);
  effects.clear();
}

void policy_agent_actor_state::tell_changes() {
  auto& book = env->policies.book();
  if (book.version() == told_version)
    return;
  told_version = book.version();
  auto& events = env->ports.events;
  events.note(severity::info, "policies",
              "in_force=" + std::to_string(book.in_force().size()));
  for (auto& [key, why] : book.ignored())
    events.note(severity::warning, "policy_ignored", "key=" + key + " " + why);
}

policy_agent_actor::behavior_type
policy_agent_behavior(self_pointer self, machine_environment* env) {
  self->state.env = env;
  self->state.core.emplace(env->facts.self.run);
  return {
    from_home<observe>(self),
    from_home<observe_done>(self),
    [self](const tick&) {
      auto& s = self->state;
      s.core->on_tick(s.env->now(), is_fresh(*s.env), s.effects);
      s.dispatch();
      s.tell_changes();
      s.env->policies.count(s.core->committed_count(), s.core->stale());
    },
  };
}

} // namespace muster
