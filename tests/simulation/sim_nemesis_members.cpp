// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"
#include "tests/simulation/sim_nemesis.hpp"

#include <algorithm>

namespace muster::sim {

namespace {

constexpr nanoseconds look_every = 200ms;
/// A dead process's registration may still be on its way to the coordinator: so
/// long an operator looks whether who was removed is there again.
constexpr nanoseconds look_for = 8s;
const std::string cluster_keys = "/muster/sim/";

bool any_shard_names(sim_world& world, const machine_id& id) {
  auto shards = world.config().range_now(cluster_keys + "shards/").entries;
  return std::any_of(shards.begin(), shards.end(), [&](auto& x) {
    auto found = parse_assignment(shard_id{}, x.value, epoch{x.mod_revision});
    return found && found->names(id);
  });
}

} // namespace

/// One more machine, with its empty disk (`muster machine add`).
void sim_nemesis::join_one() {
  if (count_[fault::join] > 0)
    return;
  ++count_[fault::join];
  machine_id id{"m" + std::to_string(world_.machine_count() + 1)};
  world_.add_machine(id);
  world_.start(id);
  joined_(id);
}

/// There must be machines left to take what it holds.
bool sim_nemesis::may_leave(const machine_id& id) const {
  if (world_.config().range_now(cluster_keys + "shards/").entries.empty())
    return false; // its portion is not made yet
  auto members = world_.config().range_now(cluster_keys + "members/").entries;
  auto storing = std::count_if(members.begin(), members.end(), [](auto& x) {
    auto found = parse_member(x.value);
    return found && found->store != store_id{};
  });
  return storing > 3 || world_.disk(id).images().empty();
}

/// `muster machine drain`, then the machine goes for ever, then
/// `muster machine remove`.
void sim_nemesis::leave_one() {
  if (leaving_ != machine_id{} || count_[fault::leave] > 0)
    return;
  auto id = some_machine();
  if (!may_leave(id))
    return;
  ++count_[fault::leave];
  leaving_ = id;
  drain_on(id);
}

void sim_nemesis::drain_on(const machine_id& id) {
  if (any_shard_names(world_, id)) {
    mark_draining(id, true);
    return later(look_every, [this, id] { drain_on(id); });
  }
  if (world_.is_up(id))
    world_.crash(id);
  world_.retire(id);
  leaving_ = machine_id{};
  remove_gone(id, look_for);
}

/// Also when the faults are over: operators finish what they began.
void sim_nemesis::remove_gone(const machine_id& id, nanoseconds left) {
  auto look_again = [&](nanoseconds wait) {
    world_.scheduler().after(look_every,
                             [this, id, wait] { remove_gone(id, wait); });
  };
  auto& config = world_.config();
  if (!config.range_now(cluster_keys + "alive/" + id.value).entries.empty())
    return look_again(look_for);
  if (left > nanoseconds{0})
    look_again(left - look_every);
  if (config.range_now(cluster_keys + "members/" + id.value).entries.empty())
    return;
  coordinator_txn x;
  x.deletes = {cluster_keys + "members/" + id.value,
               cluster_keys + "draining/" + id.value};
  x.puts.push_back({cluster_keys + "removed", id.value, false});
  config.txn_now(x);
}

void sim_nemesis::mark_draining(const machine_id& id, bool on) {
  coordinator_txn x;
  auto key = cluster_keys + "draining/" + id.value;
  if (on)
    x.puts.push_back({key, "1", false});
  else
    x.deletes.push_back(key);
  world_.config().txn_now(x);
}

} // namespace muster::sim
