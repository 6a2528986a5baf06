// SPDX-License-Identifier: Apache-2.0
#include "actors/agent.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

/// Carries out one effect of a home agent.
struct agent_dispatcher {
  machine_environment& env;
  std::vector<observer_silent>& silent;

  void add_known(home_submit& x) {
    auto& cmd = x.what.what;
    if (cmd.operations.size() + cmd.guards.size() + cmd.otherwise.size() < 2)
      return;
    for (auto shard : shards_of(cmd, env.facts.shard_count))
      if (shard != x.what.shard)
        x.known.emplace_back(shard, env.known.of(shard));
  }

  template <class Message>
  void to_shard(shard_id shard, Message& x) {
    caf::anon_send(env.actors.shards[shard.value], std::move(x));
  }

  /// What the holders' copies are copies of: the shard at its home, the copies
  /// on a switch.
  template <class Message>
  void to_source(Message& x) {
    if (env.facts.agent.for_rack)
      caf::anon_send(env.actors.copies, std::move(x));
    else
      to_shard(x.shard, x);
  }

  void operator()(send_effect& x) {
    env.send(x.to, std::move(x.what));
  }
  void operator()(home_submit& x) {
    x.disk_full = env.ports.disk.full();
    add_known(x);
    to_shard(x.what.shard, x);
  }
  void operator()(home_part& x) {
    x.disk_full = env.ports.disk.full();
    to_shard(x.what.shard, x);
  }
  void operator()(copy_ask& x) {
    to_source(x);
  }
  void operator()(policy_ask& x) {
    to_shard(x.shard, x);
  }
  void operator()(observer_silent& x) {
    silent.push_back(std::move(x));
  }
  void operator()(holders_ready& x) {
    to_source(x);
  }
  void operator()(rack_needs& x) {
    caf::anon_send(env.actors.copies, std::move(x));
  }
  void operator()(send_home_effect& x) {
    auto view = env.routing.view();
    auto home = view->find(x.shard);
    if (home && home->primary != machine_id{})
      env.send(home->primary, std::move(x.what));
  }
  void operator()(fence_passed& x) {
    caf::anon_send(env.actors.shards[x.what.shard.value], x.from, x.what);
  }
  void operator()(directory_told& x) {
    to_shard(x.shard, x);
  }
  void operator()(cover_effect& x) {
    caf::anon_send(env.actors.leases, start_cover{x.who, x.what, x.under});
  }
  void operator()(uncover_effect& x) {
    caf::anon_send(env.actors.leases, stop_cover{x.who, x.what});
  }
  void operator()(note_effect& x) {
    env.ports.events.note(x.warning ? severity::warning : severity::info,
                          x.what, std::move(x.detail));
  }
};

using self_pointer = metered<agent_actor, agent_actor_state>*;

/// A handler for a message of this machine about one shard.
template <class Message, class Input>
auto about_shard(self_pointer self, Input input) {
  return [self, input](Message& x) {
    auto& s = self->state;
    s.look_at_policies();
    input(s, s.core(x.shard), x);
    s.dispatch();
  };
}

/// A handler for what concerns the agents of all shards.
template <class Message, class Input>
auto for_all(self_pointer self, Input input) {
  return [self, input](const Message& x) {
    auto& s = self->state;
    s.look_at_policies();
    for (auto& [shard, core] : s.cores)
      input(s, core, x);
    s.dispatch();
  };
}

/// A handler that hands a question on to the shard.
template <class Message>
auto pass_on(self_pointer self) {
  return [self](const peer& from, Message& x) {
    auto& s = self->state;
    if (x.shard.value < s.env->facts.shard_count)
      caf::anon_send(s.env->actors.shards[x.shard.value], from, std::move(x));
  };
}

/// A handler for a message of another machine about a fence (on a switch).
template <class Message, class Input>
auto about_fence(self_pointer self, Input input) {
  return [self, input](const peer& from, const Message& x) {
    auto& s = self->state;
    if (x.shard.value >= s.env->facts.shard_count)
      return;
    s.look_at_policies();
    input(s, s.core(x.shard), from, x);
    s.dispatch();
  };
}

/// A handler for a message of another machine about a copy.
template <class Message, class Input>
auto about_copy(self_pointer self, Input input) {
  return [self, input](const peer& from, const Message& x) {
    auto& s = self->state;
    if (x.link.shard.value >= s.env->facts.shard_count)
      return;
    s.look_at_policies();
    input(s, s.core(x.link.shard), from, x);
    s.dispatch();
  };
}

/// Of messages that the core takes as they are.
template <class Message>
auto from_shard(self_pointer self,
                void (home_agent::*input)(const Message&, boot_time,
                                          agent_effects&)) {
  return about_shard<Message>(self, [input](auto& s, auto& c, auto& x) {
    (c.*input)(x, s.env->now(), s.effects);
  });
}

template <class Message>
auto from_holder(self_pointer self,
                 void (home_agent::*input)(const peer&, const Message&,
                                           boot_time, agent_effects&)) {
  return about_copy<Message>(self,
                             [input](auto& s, auto& c, auto& from, auto& x) {
                               (c.*input)(from, x, s.env->now(), s.effects);
                             });
}

} // namespace

home_agent& agent_actor_state::core(shard_id shard) {
  auto i = cores.find(shard);
  if (i == cores.end()) {
    auto options = env->facts.agent;
    options.shard_count = env->facts.shard_count;
    home_agent made{shard, env->facts.self, options};
    i = cores.emplace(shard, std::move(made)).first;
    i->second.on_members(members.at, members.members, effects);
    if (policies_version > 0)
      i->second.on_policies(env->policies.book().in_force(), effects);
    if (env->directory_observer)
      env->directory_observer(shard, i->second);
  }
  return i->second;
}

void agent_actor_state::look_at_policies() {
  auto& book = env->policies.book();
  if (!book.known() || book.version() == policies_version)
    return;
  policies_version = book.version();
  for (auto& [shard, core] : cores)
    core.on_policies(book.in_force(), effects);
}

void agent_actor_state::start(home_agent& x, const home_started& what) {
  x.on_started(what);
  x.on_members(members.at, members.members, effects);
  if (policies_version > 0)
    x.on_policies(env->policies.book().in_force(), effects);
}

void agent_actor_state::dispatch() {
  agent_dispatcher to{*env, silent};
  for (auto& x : effects)
    std::visit(to, x);
  effects.clear();
  if (!silent.empty())
    tell_silent();
}

void agent_actor_state::tell_silent() {
  for (auto& x : std::exchange(silent, {})) {
    env->policies.count_silent();
    env->ports.events.note(severity::warning, "policy_machine_silent",
                           "machine=" + x.who.id.value + " policy=" + x.policy
                             + "; commands go on without it until it answers");
    for (auto& [shard, core] : cores)
      core.on_observer_silent(x.who, env->now(), effects);
  }
  dispatch(); // who is known to be silent is not told of again
}

void agent_actor_state::take(const peer& from, submit& x) {
  if (x.shard.value >= env->facts.shard_count)
    return;
  look_at_policies();
  auto& home = core(x.shard);
  home.on_submit(from, std::move(x), effects);
  dispatch();
}

void agent_actor_state::take(const peer& from, relayed& x) {
  if (x.what.shard.value >= env->facts.shard_count)
    return;
  look_at_policies();
  auto& home = core(x.what.shard);
  home.on_relayed(from, std::move(x), effects);
  dispatch();
}

void agent_actor_state::take(const peer& from, part_prepare& x) {
  if (x.shard.value >= env->facts.shard_count)
    return;
  look_at_policies();
  auto& home = core(x.shard);
  home.on_part(from, std::move(x), effects);
  dispatch();
}

void agent_actor_state::take(const peer& from, read_request& x) {
  if (x.shard.value >= env->facts.shard_count)
    return;
  core(x.shard).on_read(from, x, effects);
  caf::anon_send(env->actors.shards[x.shard.value], from, std::move(x));
  dispatch();
}

namespace {

using state = agent_actor_state;

// What each message does with the core of its shard.

constexpr auto copy_requested = [](state& s, auto& c, auto& from, auto& x) {
  c.on_copy_request(from, x, s.effects);
};
constexpr auto rack_waits = [](state& s, auto& c, auto& from, auto& x) {
  c.on_rack_waiting(from, x, s.env->now());
};
constexpr auto fenced = [](state& s, auto& c, auto& from, auto& x) {
  c.on_fence(from, x, s.env->now(), s.effects);
};
constexpr auto fence_answered = [](state& s, auto& c, auto& from, auto& x) {
  c.on_fence_ack(from, x, s.env->now(), s.effects);
};
constexpr auto rack_begins = [](state& s, auto& c, auto& x) {
  c.on_rack_started(x, s.effects);
};
constexpr auto rack_ends = [](state& s, auto& c, auto&) {
  c.on_rack_ended(s.effects);
};
constexpr auto home_begins = [](state& s, auto& c, auto& x) { s.start(c, x); };
constexpr auto home_ends = [](state&, auto& c, auto&) { c.on_stopped(); };
constexpr auto home_resumes = [](state&, auto& c, auto& x) { c.on_resumed(x); };
constexpr auto committed = [](state& s, auto& c, auto& x) {
  c.on_committed(x, s.effects);
};
constexpr auto linked = [](state& s, auto& c, auto& x) {
  c.on_link_up(x.who, s.env->now(), s.effects);
};
constexpr auto ticked = [](state& s, auto& c, auto&) {
  c.on_tick(s.env->now(), s.effects);
};

} // namespace

agent_actor::behavior_type
agent_behavior(metered<agent_actor, agent_actor_state>* self,
               machine_environment* env) {
  self->state.env = env;
  return {
    [self](const peer& from, submit& x) { self->state.take(from, x); },
    [self](const peer& from, part_prepare& x) { self->state.take(from, x); },
    about_copy<copy_request>(self, copy_requested),
    from_holder<invalidate_ack>(self, &home_agent::on_invalidate_ack),
    from_holder<copy_drop>(self, &home_agent::on_copy_drop),
    about_copy<rack_waiting>(self, rack_waits),
    [self](const peer& from, relayed& x) { self->state.take(from, x); },
    about_fence<fence>(self, fenced),
    about_fence<fence_ack>(self, fence_answered),
    about_shard<rack_started>(self, rack_begins),
    about_shard<rack_ended>(self, rack_ends),
    [self](const peer& from, read_request& x) { self->state.take(from, x); },
    pass_on<list_request>(self),
    pass_on<watch_request>(self),
    about_shard<home_started>(self, home_begins),
    about_shard<home_stopped>(self, home_ends),
    from_shard<directory_ask>(self, &home_agent::on_directory_ask),
    about_shard<home_resumed>(self, home_resumes),
    from_shard<entries_prepared>(self, &home_agent::on_prepared),
    about_shard<entries_committed>(self, committed),
    from_shard<copy_data>(self, &home_agent::on_copy_data),
    from_holder<observed>(self, &home_agent::on_observed),
    from_shard<policy_data>(self, &home_agent::on_policy_data),
    [self](policies_changed) {
      self->state.look_at_policies();
      self->state.dispatch();
    },
    [self](const member_list& x) {
      auto& s = self->state;
      s.members = x;
      for (auto& [shard, core] : s.cores)
        core.on_members(x.at, x.members, s.effects);
      s.dispatch();
    },
    [self](const uncovered& x) {
      auto& s = self->state;
      s.core(x.what.shard).on_uncovered(x, s.env->now(), s.effects);
      s.dispatch();
    },
    for_all<link_up>(self, linked),
    for_all<tick>(self, ticked),
  };
}

} // namespace muster
