// SPDX-License-Identifier: Apache-2.0

// The part of `local_machine` that changes where shards are and who is a
// member: reads the coordinator, lets a pure function decide, carries it out.

#include "actors/coordinator_client.hpp"
#include "runtime/local_machine.hpp"

#include <caf/send.hpp>

#include <future>
#include <thread>

namespace muster {

namespace {

/// Between two attempts to reach a shard's primary.
constexpr std::chrono::milliseconds ask_again{200};
/// For one answer of it.
constexpr std::chrono::milliseconds answer_timeout{1000};

cluster_facts facts_in(cluster_read x) {
  return {std::move(x.members), std::move(x.alive), std::move(x.draining),
          std::move(x.assignments)};
}

} // namespace

result<coordinator_range> local_machine::read_keys() {
  auto made = std::make_shared<std::promise<result<coordinator_range>>>();
  auto waiting = made->get_future();
  coordinator_->range(env_->facts.keys, [made](result<coordinator_range> x) {
    made->set_value(std::move(x));
  });
  return waiting.get();
}

result<cluster_read> local_machine::read_cluster() {
  auto got = read_keys();
  if (!got)
    return got.failure();
  return parse_cluster(env_->facts, *got);
}

muster::status local_machine::change(coordinator_txn x) {
  auto made = std::make_shared<std::promise<result<coordinator_txn_answer>>>();
  auto waiting = made->get_future();
  coordinator_->txn(std::move(x), [made](result<coordinator_txn_answer> got) {
    made->set_value(std::move(got));
  });
  auto got = waiting.get();
  if (!got)
    return got.failure();
  if (!got->succeeded)
    return error{errc::in_use, "the machine has just registered again"};
  return ok();
}

result<move_reply> local_machine::ask_primary(const move_order& x) {
  auto made = std::make_shared<std::promise<std::optional<move_reply>>>();
  auto waiting = made->get_future();
  auto ticket = desk_.open(ticket_desk::move_function{
    [made](const std::optional<move_reply>& got) { made->set_value(got); }});
  caf::anon_send(env_->actors.reader, ask_move{ticket, x});
  auto in_time = waiting.wait_for(answer_timeout) == std::future_status::ready;
  if (!in_time)
    desk_.close(ticket);
  auto got = in_time ? waiting.get() : std::nullopt;
  if (!got)
    return error{errc::unavailable, "the shard's primary did not answer"};
  return std::move(*got);
}

muster::status local_machine::move_shard(shard_id shard, const machine_id& to,
                                         std::chrono::nanoseconds timeout) {
  auto deadline = clock_.now() + timeout;
  for (;;) {
    auto read = read_cluster();
    if (!read)
      return read.failure();
    auto order = order_to_move(facts_in(std::move(*read)), shard, to,
                               options_.cluster.replication);
    if (!order)
      return order.failure();
    auto told = ask_primary(*order);
    if (told && told->accepted)
      return ok();
    if (clock_.now() + ask_again >= deadline)
      return error{errc::unavailable,
                   told ? told->detail : told.failure().message};
    std::this_thread::sleep_for(ask_again);
  }
}

muster::status local_machine::drain(const machine_id& id, bool on) {
  auto key = env_->facts.keys + "draining/" + id.value;
  coordinator_txn x;
  if (!on) {
    x.deletes.push_back(key);
    return change(std::move(x));
  }
  auto read = read_cluster();
  if (!read)
    return read.failure();
  auto may = may_drain(facts_in(std::move(*read)), id,
                       options_.cluster.replication);
  if (!may)
    return may;
  x.puts.push_back({key, "1", false});
  return change(std::move(x));
}

muster::status local_machine::remove_machine(const machine_id& id, bool force) {
  auto& keys = env_->facts.keys;
  auto got = read_keys();
  if (!got)
    return got.failure();
  auto may = may_remove(facts_in(parse_cluster(env_->facts, *got)), id, force);
  if (!may)
    return may;
  coordinator_txn x;
  for (auto& entry : got->entries)
    if (entry.key == keys + "members/" + id.value)
      x.compares.push_back({entry.key, entry.mod_revision});
  x.deletes = {keys + "members/" + id.value, keys + "draining/" + id.value};
  // F1: whoever takes over knows that somebody is not listed any more.
  x.puts.push_back({keys + "removed", id.value, false});
  return change(std::move(x));
}

} // namespace muster
