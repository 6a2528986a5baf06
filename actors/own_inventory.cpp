// SPDX-License-Identifier: Apache-2.0
#include "actors/own_inventory.hpp"

#include "registry/key.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

constexpr std::chrono::seconds read_patience{5};

} // namespace

void own_inventory_actor_state::read() {
  auto prefix = machine_key(env->facts.self.id);
  remote_question what;
  what.ticket = internal_ticket::of(internal_ticket::inventory, last);
  what.shard = shard_of(prefix, env->facts.shard_count);
  what.what = prefix;
  what.listing = true;
  what.deadline = env->now() + read_patience;
  caf::anon_send(env->actors.reader, ask_home{std::move(what)});
}

void own_inventory_actor_state::on_tick() {
  auto x = core->on_tick(env->now());
  for (auto& note : core->take_notes())
    env->ports.events.note(severity::info, "inventory", std::move(note));
  if (!x)
    return;
  last = (last + 1) & internal_ticket::number_max;
  if (x->what)
    env->submit_internal(std::move(*x->what), {}, internal_ticket::inventory,
                         last);
  else
    read();
}

own_inventory_actor::behavior_type own_inventory_behavior(
  metered<own_inventory_actor, own_inventory_actor_state>* self,
  machine_environment* env) {
  auto& state = self->state;
  state.env = env;
  state.last = env->ports.random.next() & internal_ticket::number_max;
  state.core.emplace(env->facts.self.id, *env->inventory_codec,
                     env->facts.inventory);
  return {
    [self](found_inventory& x) { self->state.core->on_found(std::move(x)); },
    [self](load_record& x) { self->state.core->on_load(std::move(x)); },
    [self](const own_records& x) {
      auto& s = self->state;
      if (x.number == s.last)
        s.core->on_records(x.records, s.env->now());
    },
    [self](const command_result& x) {
      auto& s = self->state;
      if (x.number == s.last)
        s.core->on_answer(x.what, s.env->now());
    },
    [self](const tick&) { self->state.on_tick(); },
  };
}

} // namespace muster
