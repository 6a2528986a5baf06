// SPDX-License-Identifier: Apache-2.0
#include "actors/coordinator_client.hpp"

#include "registry/assignment_text.hpp"

#include <caf/send.hpp>

#include <charconv>

namespace muster {

namespace {

/// Seconds after which the liveness hint of a dead machine vanishes.
constexpr std::chrono::seconds alive_ttl{5};

/// Shards in one transaction; etcd allows 128 operations.
constexpr size_t bootstrap_batch = 64;

void take_shard(const coordinator_entry& x, std::string_view number,
                cluster_read& out) {
  uint32_t shard = 0;
  auto last = number.data() + number.size();
  auto [end, ec] = std::from_chars(number.data(), last, shard);
  auto parsed = parse_assignment(shard_id{shard}, x.value,
                                 epoch{x.mod_revision});
  if (ec != std::errc{} || end != last)
    out.problem = "not a shard: " + x.key;
  else if (!parsed)
    out.problem = parsed.failure().message;
  else
    out.assignments.push_back(std::move(*parsed));
}

void take_member(const coordinator_entry& x, const peer& self,
                 cluster_read& out) {
  auto parsed = parse_member(x.value);
  if (!parsed) {
    out.problem = parsed.failure().message;
  } else {
    if (parsed->who == self)
      out.own_registration = x.mod_revision;
    out.members.push_back(std::move(*parsed));
  }
  out.changed_at = std::max(out.changed_at, epoch{x.mod_revision});
}

} // namespace

std::string shard_key(const machine_facts& facts, shard_id shard) {
  auto number = std::to_string(shard.value);
  return facts.keys + "shards/" + std::string(5 - number.size(), '0') + number;
}

cluster_read parse_cluster(const machine_facts& facts,
                           const coordinator_range& range) {
  cluster_read out;
  out.ok = true;
  out.at = epoch{range.revision};
  for (auto& x : range.entries) {
    auto name = std::string_view{x.key}.substr(facts.keys.size());
    if (name.starts_with("shards/"))
      take_shard(x, name.substr(7), out);
    else if (name.starts_with("members/"))
      take_member(x, facts.self, out);
    else if (name.starts_with("alive/"))
      out.alive.emplace_back(std::string{name.substr(6)});
    else if (name.starts_with("draining/"))
      out.draining.emplace_back(std::string{name.substr(9)});
    else if (name == "removed") // F1: a member was deleted then
      out.changed_at = std::max(out.changed_at, epoch{x.mod_revision});
  }
  return out;
}

void coordinator_actor_state::read_all() {
  env->ports.coord.range(env->facts.keys, [env = env, to = env->actors.members](
                                            result<coordinator_range> x) {
    cluster_read out;
    if (x)
      out = parse_cluster(env->facts, *x);
    else
      out.problem = x.failure().message;
    caf::anon_send(to, std::move(out));
  });
}

void coordinator_actor_state::swap(const swap_request& x) {
  coordinator_txn txn;
  auto key = shard_key(env->facts, x.proposed.shard);
  txn.compares.push_back({key, x.expected.value});
  // Who is no member any more changes nothing (M1).
  if (env->own_registration != 0)
    txn.compares.push_back(
      {env->facts.keys + "members/" + env->facts.self.id.value,
       env->own_registration});
  txn.puts.push_back({key, to_text(x.proposed), false});
  auto shard = env->actors.shards[x.proposed.shard.value];
  env->ports.coord.txn(
    std::move(txn),
    [shard, members = env->actors.members,
     writer = x.proposed.writer](result<coordinator_txn_answer> answer) {
      swap_done done{writer, false, false, {}};
      if (answer) {
        done.landed = answer->succeeded;
        done.conflict = !answer->succeeded;
        done.at = epoch{answer->revision};
      }
      caf::anon_send(shard, done);
      caf::anon_send(members, refresh_request{});
    });
}

void coordinator_actor_state::bootstrap(const write_bootstrap& x) {
  auto left = x.assignments.size();
  for (size_t first = 0; first < left; first += bootstrap_batch) {
    coordinator_txn txn;
    auto last = std::min(left, first + bootstrap_batch);
    for (auto i = first; i < last; ++i) {
      auto key = shard_key(env->facts, x.assignments[i].shard);
      txn.compares.push_back({key, 0}); // absent: made once, for ever
      txn.puts.push_back({key, to_text(x.assignments[i]), false});
    }
    env->ports.coord.txn(std::move(txn), [members = env->actors.members](auto) {
      caf::anon_send(members, refresh_request{});
    });
  }
}

void coordinator_actor_state::stay_alive() {
  auto key = env->facts.keys + "alive/" + env->facts.self.id.value;
  auto claim = std::to_string(env->facts.claim);
  auto& coord = env->ports.coord;
  coord.keep_alive(alive_ttl, [&coord, key, claim](result<bool> kept) {
    if (!kept || *kept)
      return;
    coordinator_txn txn; // the lease had ended and the key with it
    txn.compares.push_back({key, 0}); // or another process has it now
    txn.puts.push_back({key, claim, true});
    coord.txn(std::move(txn), [](auto) {});
  });
}

coordinator_actor::behavior_type
coordinator_behavior(metered<coordinator_actor, coordinator_actor_state>* self,
                     machine_environment* env) {
  self->state.env = env;
  return {
    [self](const read_cluster&) { self->state.read_all(); },
    [self](const swap_request& x) { self->state.swap(x); },
    [self](const write_bootstrap& x) { self->state.bootstrap(x); },
    [self](const keep_alive&) { self->state.stay_alive(); },
  };
}

} // namespace muster
