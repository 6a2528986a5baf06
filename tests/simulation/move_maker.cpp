// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/move_maker.hpp"

#include "registry/assignment_text.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace muster::sim {

namespace {

const std::string cluster_keys = "/muster/sim/";

} // namespace

move_maker::move_maker(sim_world& world, const cluster_shape& shape,
                       nanoseconds mean, sim_random random)
  : world_(world), shape_(shape), mean_(mean), random_(std::move(random)) {
  // nop
}

void move_maker::begin() {
  if (mean_ > nanoseconds{0})
    again();
}

void move_maker::stop() {
  stopped_ = true;
  if (drained_ == machine_id{})
    return;
  coordinator_txn x;
  x.deletes.push_back(cluster_keys + "draining/" + drained_.value);
  world_.config().txn_now(x);
}

void move_maker::again() {
  world_.scheduler().after(random_.between(nanoseconds{0}, 2 * mean_), [this] {
    if (stopped_)
      return;
    if (random_.chance(30))
      drain_one();
    else
      order_one();
    again();
  });
}

std::vector<machine_id> move_maker::machines(const assignment& a,
                                             bool replicas) const {
  std::vector<machine_id> out;
  for (auto& id : world_.machines())
    if (shape_.stores(id) && a.names(id) == replicas)
      out.push_back(id);
  return out;
}

move_order move_maker::draft(const assignment& a) {
  move_order out;
  out.shard = a.shard;
  auto in = machines(a, true);
  auto others = machines(a, false);
  auto join = [&] {
    auto& id = some(others);
    out.joining = {id, world_.disk(id).id()};
  };
  auto what = random_.below(others.empty() ? 2u : 6u);
  if (what < 2) {
    out.home = some(in);
  } else if (what == 2) {
    join();
    out.leaving = some(in);
    if (out.leaving == a.primary)
      out.home = out.joining.id;
  } else if (what == 3) {
    join();
    out.home = out.joining.id;
    out.leaving = a.primary;
  } else if (what == 4) {
    join();
  } else if (a.in_sync.size() > shape_.replication) {
    out.leaving = some(in);
  }
  return out;
}

void move_maker::order_one() {
  auto shards = world_.config().range_now(cluster_keys + "shards/").entries;
  if (shards.empty())
    return;
  auto number = random_.below(shards.size());
  auto& entry = shards[number];
  auto a = parse_assignment(shard_id{static_cast<uint32_t>(number)},
                            entry.value, epoch{entry.mod_revision});
  auto from = world_.machines()[random_.below(world_.machines().size())];
  if (!a || a->primary == machine_id{} || !world_.is_up(from)
      || world_.is_paused(from))
    return;
  auto order = draft(*a);
  auto m = dynamic_cast<production_machine*>(world_.machine(from));
  if (order.empty() || !m || !m->ready())
    return;
  ++ordered_count_;
  caf::anon_send(m->environment().actors.reader,
                 ask_move{ordered_count_, order});
}

void move_maker::drain_one() {
  coordinator_txn x;
  if (drained_ != machine_id{}) {
    x.deletes.push_back(cluster_keys + "draining/" + drained_.value);
    drained_ = machine_id{};
  } else {
    drained_ = machine_id{
      "m" + std::to_string(1 + random_.below(shape_.storing_count))};
    x.puts.push_back({cluster_keys + "draining/" + drained_.value, "1", false});
  }
  world_.config().txn_now(x);
}

} // namespace muster::sim
