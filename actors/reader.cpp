// SPDX-License-Identifier: Apache-2.0
#include "actors/reader.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

constexpr size_t explains_max = 1024;

/// For how long a log's answer waits for the origin's own.
constexpr nanoseconds origin_grace = std::chrono::milliseconds{150};

} // namespace

void reader_actor_state::send_home(shard_id shard, wire_message x) {
  auto view = env->routing.view();
  auto home = view->find(shard);
  if (home && home->primary != machine_id{})
    env->send(home->primary, std::move(x));
}

remote_watches::room_function reader_actor_state::room() const {
  return [this](uint64_t ticket) {
    return env->ports.replies.watch_has_room(ticket);
  };
}

void reader_actor_state::dispatch() {
  for (auto& [shard, what] : questions)
    send_home(shard, std::move(what));
  questions.clear();
  for (auto& [shard, what] : requests)
    send_home(shard, std::move(what));
  requests.clear();
}

void reader_actor_state::ask_story(const ask_explain& x) {
  if (explains.size() >= explains_max) {
    env->ports.replies.timed_out(x.ticket);
    return;
  }
  explains[x.ticket].deadline = x.deadline;
  auto view = env->routing.view();
  for (auto& [id, member] : view->members)
    env->send(id, explain_request{x.ticket, x.id});
}

void reader_actor_state::tell_story(const peer& from,
                                    const explain_request& x) {
  if (auto told = env->commands.find(x.id)) {
    env->send(from.id, explain_reply{x.ticket, true, *told});
    return;
  }
  // In flight, if it began here at all.
  auto origin = origin_of(x.id);
  if (origin == machine_id{} || origin == env->facts.self.id)
    for (auto& command : env->commands.busy())
      caf::anon_send(command, from, x);
  for (auto& shard : env->actors.shards)
    caf::anon_send(shard, from, x);
}

void reader_actor_state::take_story(explain_reply& x) {
  auto i = explains.find(x.ticket);
  if (i == explains.end())
    return;
  if (x.told.from_log) {
    if (!i->second.from_log)
      i->second.deadline = std::min(i->second.deadline,
                                    env->now() + origin_grace);
    i->second.from_log = std::move(x);
    return;
  }
  auto ticket = x.ticket;
  explains.erase(i);
  env->ports.replies.explain_done(ticket, std::move(x));
}

void reader_actor_state::take_news(watch_news& x) {
  auto ticket = x.ticket;
  auto told = watches->on_news(std::move(x), env->now(), requests);
  if (!told.empty())
    env->ports.replies.watch_told(ticket, std::move(told));
  watches->ask_more(ticket, room(), requests);
  dispatch();
}

void reader_actor_state::end_late(boot_time now) {
  for (auto ticket : reads->on_tick(now, questions))
    env->ports.replies.timed_out(ticket);
  for (auto i = explains.begin(); i != explains.end();) {
    auto& [ticket, open] = *i;
    if (now < open.deadline) {
      ++i;
      continue;
    }
    if (open.from_log)
      env->ports.replies.explain_done(ticket, std::move(*open.from_log));
    else
      env->ports.replies.timed_out(ticket);
    i = explains.erase(i);
  }
}

void reader_actor_state::order(const ask_move& x) {
  auto view = env->routing.view();
  if (auto home = view->find(x.what.shard))
    env->send(home->primary, move_request{x.ticket, x.what});
}

reader_actor::behavior_type
reader_behavior(metered<reader_actor, reader_actor_state>* self,
                machine_environment* env) {
  auto& state = self->state;
  state.env = env;
  state.reads.emplace(env->facts.reads);
  state.watches.emplace(env->facts.self.run, env->facts.shard_count);
  return {
    [self](const peer&, read_reply& x) {
      auto& s = self->state;
      if (auto done = s.reads->on_reply(std::move(x), s.env->now()))
        s.env->ports.replies.read_done(std::get<read_reply>(*done).ticket,
                                       std::get<read_reply>(*done));
    },
    [self](const peer&, list_reply& x) {
      auto& s = self->state;
      if (auto done = s.reads->on_reply(std::move(x), s.env->now()))
        s.env->ports.replies.list_done(std::get<list_reply>(*done).ticket,
                                       std::move(std::get<list_reply>(*done)));
    },
    [self](const peer& from, const explain_request& x) {
      self->state.tell_story(from, x);
    },
    [self](const peer&, explain_reply& x) { self->state.take_story(x); },
    [self](const peer&, watch_news& x) { self->state.take_news(x); },
    [self](const peer&, const move_reply& x) {
      self->state.env->ports.replies.move_done(x.ticket, x);
    },
    [self](ask_home& x) {
      auto& s = self->state;
      auto ticket = x.what.ticket;
      if (!s.reads->ask(std::move(x.what), s.env->now(), s.questions))
        s.env->ports.replies.timed_out(ticket);
      s.dispatch();
    },
    [self](const ask_move& x) { self->state.order(x); },
    [self](const ask_explain& x) { self->state.ask_story(x); },
    [self](const begin_watch& x) {
      auto& s = self->state;
      s.watches->begin(x.ticket, x.prefix, x.from, s.env->now(), s.requests);
      s.dispatch();
    },
    [self](const end_watch& x) {
      auto& s = self->state;
      s.watches->end(x.ticket, s.requests);
      s.dispatch();
    },
    [self](const assignment& x) {
      auto& s = self->state;
      s.watches->on_home_changed(x.shard, s.requests);
      s.dispatch();
    },
    [self](const link_up& x) {
      auto& s = self->state;
      for (auto& a : s.env->routing.view()->shards)
        if (a.primary == x.who.id)
          s.watches->on_home_changed(a.shard, s.requests);
      s.dispatch();
    },
    [self](const tick&) {
      auto& s = self->state;
      s.end_late(s.env->now());
      auto told = s.watches->on_tick(s.env->now(), s.room(), s.requests);
      for (auto& [ticket, events] : told)
        s.env->ports.replies.watch_told(ticket, std::move(events));
      s.dispatch();
    },
  };
}

} // namespace muster
