// SPDX-License-Identifier: Apache-2.0
#include "actors/shard.hpp"

#include "actors/shard_dispatch.hpp"

namespace muster {

namespace {

/// Sessions are looked at every so many ticks: half a second.
constexpr uint64_t ticks_a_look = 5;

/// A handler for a message of another machine.
template <class Message>
auto from_peer(metered<shard_actor, shard_actor_state>* self) {
  return [self](const peer& from, const Message& x) {
    auto& s = self->state;
    s.core->on_message(from, x, s.env->now(), s.effects);
    s.dispatch();
  };
}

/// A handler for a message of this machine that the core takes as it is.
template <class Message>
auto local(metered<shard_actor, shard_actor_state>* self,
           void (shard_replica::*input)(const Message&, boot_time,
                                        shard_effects&)) {
  return [self, input](const Message& x) {
    auto& s = self->state;
    ((*s.core).*input)(x, s.env->now(), s.effects);
    s.dispatch();
  };
}

/// A handler for a message of this machine whose fields the core takes.
template <class Message, class Input>
auto unpacked(metered<shard_actor, shard_actor_state>* self, Input input) {
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
  // Before an acknowledgement leaves.
  auto shard = core->context().shard;
  if (shard == env->policies.shard()
      && env->policies.look(
        *core, env->table.lease_end(publisher::replica, shard) > env->now()))
    caf::anon_send(env->actors.agent, policies_changed{});
  shard_dispatcher to{*env, shard};
  for (auto& x : effects)
    std::visit(to, x);
  effects.clear();
  env->known.note(shard, core->context().state.committed());
  if (env->observer)
    env->observer(*core);
}

void shard_actor_state::look_at_sessions(boot_time now) {
  if (!core->is_primary()) {
    sessions->on_stopped();
    return;
  }
  std::vector<session_keeper::request> wanted;
  sessions->on_look(core->context().state.records(), now, wanted);
  for (auto& x : wanted)
    env->submit_internal(std::move(x.what), sequence{},
                         core->context().shard.value, x.number);
}

void shard_actor_state::take_result(const command_result& x) {
  sessions->on_answer(x.number, x.what == outcome::committed,
                      x.what == outcome::refused, env->now());
}

static void explain(shard_actor_state& s, const peer& from,
                    const explain_request& x) {
  // Every shard of every machine is asked; who knows, answers.
  auto told = s.core->story_of(x.id);
  if (!told)
    return;
  auto view = s.env->routing.view();
  for (auto& p : told->participants)
    if (p.address.empty()) // the log has names only
      p.address = view->address(p.who.id);
  s.env->send(from.id, explain_reply{x.ticket, true, std::move(*told)});
}

static void pass_time(shard_actor_state& s) {
  auto now = s.env->now();
  s.core->on_room(!s.env->ports.disk.waits_for_room());
  s.core->on_tick(now, s.effects);
  s.env->board.set(s.core->context().shard,
                   {s.core->state_text(now), s.core->is_primary()});
  s.dispatch();
  if (++s.tick_count % ticks_a_look == 0)
    s.look_at_sessions(now);
}

static void take_vote(shard_actor_state& s, const peer& from,
                      const part_vote& x) {
  s.env->known.note(x.from, x.reached); // the next attempt's birth (C3)
  s.core->on_message(from, x, s.env->now(), s.effects);
  s.dispatch();
}

static void take_swap(shard_replica& core, const swap_done& x, boot_time now,
                      shard_effects& out) {
  core.on_swap_result(x.writer, x.landed, x.conflict, x.at, now, out);
}

static void take_clock(shard_replica& core, const own_clock& x, boot_time now,
                       shard_effects& out) {
  core.on_own_clock(x.doubted, now, out);
}

static void take_members(shard_replica& core, const member_list& x,
                         boot_time now, shard_effects& out) {
  core.on_members(x.at, x.changed_at, peers_of(x), now, out);
}

shard_actor::behavior_type
shard_behavior(metered<shard_actor, shard_actor_state>* self,
               machine_environment* env,
               const std::shared_ptr<shard_replica>& core) {
  self->state.env = env;
  self->state.core.emplace(std::move(*core));
  self->state.sessions.emplace(env->facts.sessions);
  using replica = shard_replica;
  return {
    // CAF tries them in this order: a write's own messages first.
    from_peer<prepare>(self),
    from_peer<prepare_ack>(self),
    from_peer<commit>(self),
    unpacked<durable>(self, [](replica& c, auto& x, auto now,
                               auto& out) { c.on_durable(x.token, now, out); }),
    local<home_submit>(self, &replica::on_submit),
    local<home_part>(self, &replica::on_part),
    [self](const peer& from, const part_vote& x) {
      take_vote(self->state, from, x);
    },
    from_peer<part_decision>(self),
    from_peer<part_done>(self),
    from_peer<part_question>(self),
    from_peer<join_request>(self),
    from_peer<join>(self),
    from_peer<joined>(self),
    from_peer<snapshot>(self),
    from_peer<snapshot_ack>(self),
    from_peer<drop_replica>(self),
    from_peer<drop_ack>(self),
    from_peer<fence>(self),
    from_peer<fence_ack>(self),
    from_peer<handover>(self),
    from_peer<handover_ack>(self),
    from_peer<handover_landed>(self),
    from_peer<fence_done>(self),
    from_peer<move_request>(self),
    from_peer<read_request>(self),
    from_peer<list_request>(self),
    from_peer<watch_request>(self),
    [self](const peer& from, const explain_request& x) {
      explain(self->state, from, x);
    },
    local<copy_ask>(self, &replica::on_copy_ask),
    local<holders_ready>(self, &replica::on_holders_ready),
    local<directory_told>(self, &replica::on_directory_told),
    local<policy_ask>(self, &replica::on_policy_ask),
    local<move_order>(self, &replica::on_order),
    local<assignment>(self, &replica::on_assignment),
    unpacked<swap_done>(self, take_swap),
    unpacked<member_list>(self, take_members),
    local<authority>(self, &replica::on_authority),
    unpacked<lease_news>(self, [](replica& c, auto& x, auto,
                                  auto& out) { c.on_lease_news(x, out); }),
    local<uncovered>(self, &replica::on_uncovered),
    unpacked<own_clock>(self, take_clock),
    unpacked<heard>(self, [](replica& c, auto& x, auto now,
                             auto&) { c.on_heard(x.who, now); }),
    unpacked<link_up>(self, [](replica& c, auto& x, auto now,
                               auto& out) { c.on_link_up(x.who, now, out); }),
    unpacked<checkpointed>(self,
                           [](replica& c, auto& x, auto now, auto& out) {
                             c.on_checkpoint(x.upto, now, out);
                           }),
    [self](const command_result& x) { self->state.take_result(x); },
    [self](const tick&) { pass_time(self->state); },
  };
}

} // namespace muster
