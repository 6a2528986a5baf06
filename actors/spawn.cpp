// SPDX-License-Identifier: Apache-2.0
#include "actors/spawn.hpp"

#include "actors/agent.hpp"
#include "actors/command.hpp"
#include "actors/coordinator_client.hpp"
#include "actors/copies.hpp"
#include "actors/leases.hpp"
#include "actors/membership.hpp"
#include "actors/own_inventory.hpp"
#include "actors/policy_agent.hpp"
#include "actors/presence.hpp"
#include "actors/reader.hpp"
#include "actors/shard.hpp"
#include "actors/store.hpp"

#include <caf/send.hpp>

#include <map>

namespace muster {

namespace {

recovered_replica to_replica(recovered_shard& x) {
  recovered_replica out;
  out.meta = std::move(x.meta);
  out.checkpoint = x.checkpoint;
  out.entries = std::move(x.entries);
  for (auto& row : x.rows)
    out.rows.push_back({std::move(row.key), std::move(row.value)});
  return out;
}

std::shared_ptr<shard_replica>
make_replica(machine_environment& env, shard_id shard, recovered_shard* found) {
  auto& facts = env.facts;
  auto core = std::make_shared<shard_replica>(
    shard_replica::identity{shard, facts.self, facts.store,
                            env.ports.random.next(), facts.started},
    facts.shard, env.ports.codec);
  if (found && !core->recover(to_replica(*found)))
    env.ports.events.note(severity::error, "shard_damaged",
                          "shard=" + std::to_string(shard.value)
                            + " rejoins by state transfer");
  return core;
}

} // namespace

void spawn_machine(caf::actor_system& system, machine_environment& env,
                   std::vector<recovered_shard> recovered, size_t commands) {
  auto& to = env.actors;
  to.coord = system.spawn(coordinator_behavior, &env);
  to.disk = system.spawn(store_behavior, &env);
  to.leases = system.spawn(lease_behavior, &env);
  to.reader = system.spawn(reader_behavior, &env);
  to.copies = system.spawn(copies_behavior, &env);
  to.agent = system.spawn(agent_behavior, &env);
  to.policies = system.spawn(policy_agent_behavior, &env);
  to.members = system.spawn(membership_behavior, &env);
  to.presence = system.spawn(presence_behavior, &env);
  if (env.inventory_codec)
    to.inventory = system.spawn(own_inventory_behavior, &env);
  std::map<shard_id, recovered_shard*> found;
  for (auto& x : recovered)
    found[x.shard] = &x;
  for (uint32_t i = 0; i < env.facts.shard_count; ++i) {
    auto known = found.find(shard_id{i});
    auto core = make_replica(env, shard_id{i},
                             known == found.end() ? nullptr : known->second);
    to.shards.push_back(system.spawn(shard_behavior, &env, std::move(core)));
  }
  std::vector<command_actor> pool;
  for (size_t i = 0; i < commands; ++i)
    pool.push_back(system.spawn(command_behavior, &env));
  env.commands.fill(std::move(pool));
  env.ports.coord.watch(env.facts.keys, [members = to.members] {
    caf::anon_send(members, refresh_request{});
  });
  send_ticks(env, true);
}

void send_ticks(machine_environment& env, bool shards) {
  auto& to = env.actors;
  caf::anon_send(to.leases, tick{});
  caf::anon_send(to.members, tick{});
  caf::anon_send(to.agent, tick{});
  caf::anon_send(to.copies, tick{});
  caf::anon_send(to.reader, tick{});
  caf::anon_send(to.presence, tick{});
  if (to.inventory)
    caf::anon_send(to.inventory, tick{});
  caf::anon_send(to.policies, tick{});
  for (auto& actor : env.commands.busy())
    caf::anon_send(actor, tick{});
  if (shards)
    for (auto& shard : to.shards)
      caf::anon_send(shard, tick{});
}

void send_link_up(machine_environment& env, const peer& who) {
  auto& to = env.actors;
  caf::anon_send(to.agent, link_up{who});
  caf::anon_send(to.copies, link_up{who});
  caf::anon_send(to.reader, link_up{who});
  for (auto& shard : to.shards)
    caf::anon_send(shard, link_up{who});
}

void stop_machine(machine_environment& env, caf::actor_system& system) {
  // The handles stay as they are: until the last actor is done, others read
  // them from the workers' threads.
  auto end = [](auto& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  };
  auto& to = env.actors;
  for (auto& actor : env.commands.all())
    end(actor);
  for (auto& shard : to.shards)
    end(shard);
  end(to.coord);
  end(to.disk);
  end(to.leases);
  end(to.reader);
  end(to.copies);
  end(to.agent);
  end(to.policies);
  end(to.members);
  end(to.presence);
  if (to.inventory)
    end(to.inventory);
  system.await_all_actors_done();
}

void release_actors(machine_environment& env) {
  env.commands.clear();
  env.actors = machine_actors{};
}

} // namespace muster
