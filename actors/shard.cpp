// SPDX-License-Identifier: Apache-2.0
#include "actors/shard.hpp"

#include "actors/shard_dispatch.hpp"

namespace muster {

namespace {

/// A handler for a message of another machine.
template <class Message>
auto from_peer(shard_actor::stateful_pointer<shard_actor_state> self) {
  return [self](const peer& from, const Message& x) {
    auto& s = self->state;
    s.core->on_message(from, x, s.env->now(), s.effects);
    s.dispatch();
  };
}

/// A handler for a message of this machine that `input` takes.
template <class Message, class Input>
auto local(shard_actor::stateful_pointer<shard_actor_state> self, Input input) {
  return [self, input](const Message& x) {
    auto& s = self->state;
    input(*s.core, x, s.env->now(), s.effects);
    s.dispatch();
  };
}

std::vector<peer> peers_of(const member_list& x) {
  std::vector<peer> out;
  for (auto& m : x.members)
    out.push_back(m.who);
  return out;
}

} // namespace

void shard_actor_state::dispatch() {
  shard_dispatcher to{*env, core->context().shard};
  for (auto& x : effects)
    std::visit(to, x);
  effects.clear();
  if (env->observer)
    env->observer(*core);
}

explain_reply explain_from_log(const shard_replica& core,
                               const explain_request& x) {
  explain_reply out;
  out.ticket = x.ticket;
  out.id = x.id;
  auto entry = core.find_entry(x.id);
  if (!entry)
    return out;
  out.found = out.from_log = true;
  auto decided = entry->at <= core.context().state.committed();
  out.what = !decided                             ? outcome::pending
             : entry->kind == entry_kind::refusal ? outcome::refused
                                                  : outcome::committed;
  out.shard = core.context().shard;
  out.version = entry->at;
  out.detail = entry->detail;
  out.operations = entry->operations;
  out.participants = entry->participants;
  participant origin;
  origin.who = entry->origin;
  origin.enlisted_by = entry->origin.id;
  out.participants.insert(out.participants.begin(), std::move(origin));
  return out;
}

shard_actor::behavior_type
shard_behavior(shard_actor::stateful_pointer<shard_actor_state> self,
               machine_environment* env, std::shared_ptr<shard_replica> core) {
  self->state.env = env;
  self->state.core.emplace(std::move(*core));
  using replica = shard_replica;
  using effects = shard_effects;
  return {
    from_peer<join_request>(self),
    from_peer<join>(self),
    from_peer<joined>(self),
    from_peer<snapshot>(self),
    from_peer<snapshot_ack>(self),
    from_peer<prepare>(self),
    from_peer<prepare_ack>(self),
    from_peer<commit>(self),
    from_peer<drop_replica>(self),
    from_peer<drop_ack>(self),
    from_peer<fence>(self),
    from_peer<fence_ack>(self),
    from_peer<read_request>(self),
    from_peer<list_request>(self),
    from_peer<watch_request>(self),
    [self](const peer& from, const explain_request& x) {
      auto& s = self->state;
      // Every shard of every machine is asked; who knows, answers.
      if (auto told = explain_from_log(*s.core, x); told.found)
        s.env->send(from.id, std::move(told));
    },
    local<home_submit>(self, [](replica& c, auto& x, auto now,
                                effects& out) { c.on_submit(x, now, out); }),
    local<copy_ask>(self, [](replica& c, auto& x, auto now,
                             effects& out) { c.on_copy_ask(x, now, out); }),
    local<holders_ready>(self,
                         [](replica& c, auto& x, auto now, effects& out) {
                           c.on_holders_ready(x, now, out);
                         }),
    local<assignment>(self, [](replica& c, auto& x, auto now,
                               effects& out) { c.on_assignment(x, now, out); }),
    local<swap_done>(self,
                     [](replica& c, auto& x, auto now, effects& out) {
                       c.on_swap_result(x.writer, x.landed, x.conflict, x.at,
                                        now, out);
                     }),
    local<member_list>(self,
                       [](replica& c, auto& x, auto now, effects& out) {
                         c.on_members(x.at, x.changed_at, peers_of(x), now,
                                      out);
                       }),
    local<authority>(self, [](replica& c, auto& x, auto now,
                              effects& out) { c.on_authority(x, now, out); }),
    local<lease_news>(self, [](replica& c, auto& x, auto,
                               effects& out) { c.on_lease_news(x, out); }),
    local<uncovered>(self, [](replica& c, auto& x, auto now,
                              effects& out) { c.on_uncovered(x, now, out); }),
    local<heard>(self, [](replica& c, auto& x, auto now,
                          effects&) { c.on_heard(x.who, now); }),
    local<link_up>(self, [](replica& c, auto& x, auto now,
                            effects& out) { c.on_link_up(x.who, now, out); }),
    local<durable>(self, [](replica& c, auto& x, auto now,
                            effects& out) { c.on_durable(x.token, now, out); }),
    local<checkpointed>(self,
                        [](replica& c, auto& x, auto now, effects& out) {
                          c.on_checkpoint(x.upto, now, out);
                        }),
    [self](const tick&) {
      auto& s = self->state;
      auto now = s.env->now();
      s.core->on_tick(now, s.effects);
      s.env->board.set(s.core->context().shard,
                       {s.core->state_text(now), s.core->is_primary()});
      s.dispatch();
    },
  };
}

} // namespace muster
