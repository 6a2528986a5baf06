// SPDX-License-Identifier: Apache-2.0
#include "actors/command.hpp"

namespace muster {

command_object::surroundings command_actor_state::where(shard_id shard) {
  view = env->routing.view();
  command_object::surroundings out;
  out.self = env->facts.self;
  out.self_address = env->facts.address;
  out.home = view->find(shard);
  out.known = env->known.of(shard);
  if (env->now() >= env->relay_again)
    out.relay = env->relay;
  for (auto other : others)
    if (auto found = view->find(other))
      out.others.push_back(found);
  out.address = [view = view.get()](const machine_id& id) {
    return view->address(id);
  };
  return out;
}

void command_actor_state::dispatch() {
  for (auto& [to, what] : sends)
    env->send(to, std::move(what));
  sends.clear();
}

void command_actor_state::finish(std::optional<command_answer> x) {
  if (!x)
    return;
  env->commands.put_back(slot, core->told(), !x->id_reused);
  env->ports.replies.command_done(ticket, std::move(*x));
}

command_actor::behavior_type
command_behavior(metered<command_actor, command_actor_state>* self,
                 machine_environment* env) {
  self->state.env = env;
  self->state.core.emplace(env->facts.command);
  return {
    [self](const peer&, const enlist& x) {
      auto& s = self->state;
      s.core->on_enlist(x, s.env->now());
    },
    [self](const peer&, const verdict& x) {
      auto& s = self->state;
      if (s.core->busy() && s.core->id() == x.id)
        s.env->known.note(s.core->told().shard, x.reached);
      s.finish(s.core->on_verdict(x, s.env->now()));
    },
    [self](const peer& from, const explain_request& x) {
      auto& s = self->state;
      if (s.core->busy() && s.core->told().id == x.id)
        s.env->send(from.id, explain_reply{x.ticket, true,
                                           s.core->told_at(s.env->now())});
    },
    [self](const tell_story& x) {
      auto& s = self->state;
      explain_reply out{x.ticket, s.core->busy(), {}};
      if (out.found)
        out.told = s.core->told_at(s.env->now());
      s.env->ports.replies.explain_done(x.ticket, std::move(out));
    },
    [self](begin_command& x) {
      auto& s = self->state;
      s.slot = x.slot;
      s.ticket = x.ticket;
      s.others = shards_of(x.what, s.env->facts.shard_count);
      std::erase(s.others, x.shard);
      s.core->start({std::move(x.what), x.shard, x.slot, x.born, x.deadline},
                    s.where(x.shard), s.env->now(), s.sends);
      s.dispatch();
    },
    [self](const tick&) {
      auto& s = self->state;
      if (!s.core->busy())
        return;
      s.finish(
        s.core->on_tick(s.where(s.core->told().shard), s.env->now(), s.sends));
      if (s.core->take_lost_at_relay())
        s.env->doubt_relay();
      s.dispatch();
    },
  };
}

} // namespace muster
