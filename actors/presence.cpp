// SPDX-License-Identifier: Apache-2.0
#include "actors/presence.hpp"

namespace muster {

void presence_actor_state::on_tick() {
  if (auto x = core->on_tick(env->now()))
    env->submit_internal(std::move(x->what), x->born, internal_ticket::presence,
                         0);
}

presence_actor::behavior_type
presence_behavior(metered<presence_actor, presence_actor_state>* self,
                  machine_environment* env) {
  self->state.env = env;
  self->state.core.emplace(env->facts.self, env->facts.address,
                           env->facts.presence);
  return {
    [self](const command_result& x) {
      auto& s = self->state;
      s.core->on_answer(x.what, x.born, s.env->now());
    },
    [self](const farewell& x) {
      auto& s = self->state;
      if (auto last = s.core->farewell())
        s.env->submit(std::move(*last), sequence{}, x.patience, x.ticket);
      else
        s.env->ports.replies.command_done(x.ticket, {});
    },
    [self](const tick&) { self->state.on_tick(); },
  };
}

} // namespace muster
