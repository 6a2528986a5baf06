// SPDX-License-Identifier: Apache-2.0
#include "actors/membership.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace muster {

namespace {

constexpr nanoseconds keep_alive_every = std::chrono::milliseconds{1500};

/// A read without an answer for so long is given up.
constexpr nanoseconds read_timeout = std::chrono::seconds{10};

} // namespace

std::vector<assignment> first_assignments(const std::vector<member>& members,
                                          uint32_t shard_count,
                                          uint32_t replication) {
  std::vector<replica_ref> stores;
  for (auto& m : members)
    if (m.store != store_id{})
      stores.push_back({m.who.id, m.store});
  std::sort(stores.begin(), stores.end());
  std::vector<assignment> out;
  auto copies = std::min<size_t>(replication, stores.size());
  for (uint32_t shard = 0; shard < shard_count && copies > 0; ++shard) {
    assignment a;
    a.shard = shard_id{shard};
    for (size_t i = 0; i < copies; ++i)
      a.in_sync.push_back(stores[(shard + i) % stores.size()]);
    out.push_back(std::move(a));
  }
  return out;
}

void membership_actor_state::read() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  read_since = env->now();
  next_read = read_since + env->facts.poll;
  caf::anon_send(env->actors.coord, read_cluster{});
}

void membership_actor_state::take(const cluster_read& x) {
  reading = false;
  if (!x.problem.empty())
    env->ports.events.note(severity::warning, "coordinator_read", x.problem);
  auto usable = x.ok && judge(x);
  if (usable) {
    tell_members(x);
    tell_assignments(x);
    answer_waiting(x);
    bootstrap_if_due(x);
    plan_moves(x);
  }
  auto late = std::any_of(waiting.begin(), waiting.end(),
                          [&](auto& w) { return w.at_least > x.at; });
  if (again || (usable && late)) {
    again = false;
    read();
  }
}

bool membership_actor_state::judge(const cluster_read& x) {
  auto before = watch.newest();
  auto found = watch.on_read(x.at, x.own_registration);
  env->own_registration = watch.own_registration();
  if (found.went_back)
    env->ports.events.note(
      severity::error, "coordinator_went_back",
      "from=" + std::to_string(before.value)
        + " to=" + std::to_string(x.at.value)
        + "; it was restored from an older copy: stop the cluster and start it "
          "with `muster up --new-generation`, then restore a backup");
  if (found.expelled) {
    env->expelled = true;
    env->ports.events.note(severity::error, "no_member_any_more",
                           "this machine was removed, or another process has "
                           "registered under its id; it ends");
  }
  return found.usable;
}

void membership_actor_state::tell_members(const cluster_read& x) {
  auto same = [](auto& a, auto& b) {
    return a.who == b.who && a.port == b.port && a.host == b.host;
  };
  auto changed = !told_members || known.size() != x.members.size()
                 || !std::equal(known.begin(), known.end(), x.members.begin(),
                                same);
  known = x.members;
  member_list list{x.at, x.changed_at, x.members};
  // The agents want to know the revision too (F1), so they are always told.
  caf::anon_send(env->actors.agent, list);
  if (!changed)
    return;
  told_members = true;
  std::vector<peer_address> peers;
  for (auto& m : x.members)
    if (m.who.id != env->facts.self.id)
      peers.push_back({m.who, m.host, m.port});
  env->ports.wire.set_peers(std::move(peers));
  caf::anon_send(env->actors.leases, list);
  caf::anon_send(env->actors.copies, list);
}

void membership_actor_state::tell_assignments(const cluster_read& x) {
  newest.resize(env->facts.shard_count);
  auto view = std::make_shared<routing_view>();
  std::vector<assignment> changed;
  for (auto& a : x.assignments) {
    if (a.shard.value >= newest.size() || a.at <= newest[a.shard.value].at)
      continue; // M3: never back
    newest[a.shard.value] = a;
    changed.push_back(a);
  }
  view->at = x.at;
  view->shards = newest;
  view->alive = x.alive;
  view->draining = x.draining;
  for (auto& m : x.members)
    view->members[m.who.id] = m;
  env->routing.publish(std::move(view));
  for (auto& a : changed) {
    // Copies first: they give the table up before a replica takes it.
    caf::anon_send(env->actors.copies, a);
    caf::anon_send(env->actors.shards[a.shard.value], a);
    caf::anon_send(env->actors.reader, a);
  }
}

void membership_actor_state::answer_waiting(const cluster_read& x) {
  std::erase_if(waiting, [&](auto& w) {
    if (w.at_least > x.at)
      return false;
    caf::anon_send(env->actors.shards[w.shard.value],
                   member_list{x.at, x.changed_at, x.members});
    return true;
  });
}

void membership_actor_state::plan_moves(const cluster_read& x) {
  cluster_facts facts{x.members, x.alive, x.draining, newest};
  std::erase_if(facts.shards, [](auto& a) { return a.at == epoch{}; });
  for (auto& order : planner->plan(facts, env->now()))
    caf::anon_send(env->actors.shards[order.shard.value], order);
}

void membership_actor_state::bootstrap_if_due(const cluster_read& x) {
  if (env->facts.first_machines == 0
      || x.assignments.size() >= env->facts.shard_count)
    return;
  auto stores = [](auto& m) { return m.store != store_id{}; };
  auto count = std::count_if(x.members.begin(), x.members.end(), stores);
  if (static_cast<uint32_t>(count) < env->facts.first_machines)
    return;
  // One machine is enough; the compares make it harmless if two do it.
  if (x.members.front().who.id != env->facts.self.id)
    return;
  auto all = first_assignments(x.members, env->facts.shard_count,
                               env->facts.replication);
  caf::anon_send(env->actors.coord, write_bootstrap{std::move(all)});
}

void membership_actor_state::on_tick(boot_time now) {
  if (now >= next_keep_alive) {
    next_keep_alive = now + keep_alive_every;
    caf::anon_send(env->actors.coord, keep_alive{});
  }
  if (reading && now - read_since > read_timeout)
    reading = false;
  if (now >= next_read)
    read();
}

membership_actor::behavior_type
membership_behavior(metered<membership_actor, membership_actor_state>* self,
                    machine_environment* env) {
  self->state.env = env;
  self->state.planner.emplace(env->facts.self.id, env->facts.moves);
  return {
    [self](const cluster_read& x) { self->state.take(x); },
    [self](const members_request& x) {
      self->state.waiting.push_back(x);
      self->state.read();
    },
    [self](const refresh_request&) { self->state.read(); },
    [self](const tick&) { self->state.on_tick(self->state.env->now()); },
  };
}

} // namespace muster
