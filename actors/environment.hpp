// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/command_pool.hpp"
#include "actors/interfaces.hpp"
#include "actors/internal_answers.hpp"
#include "actors/key_board.hpp"
#include "actors/known_sequences.hpp"
#include "actors/policy_board.hpp"
#include "actors/routing.hpp"
#include "actors/shard_board.hpp"
#include "actors/table_publisher.hpp"
#include "allocator/own_inventory.hpp"
#include "registry/command_object.hpp"
#include "registry/home_agent.hpp"
#include "registry/local_copies.hpp"
#include "registry/log_entry.hpp"
#include "registry/machine_presence.hpp"
#include "registry/move_planner.hpp"
#include "registry/session_keeper.hpp"
#include "registry/shard_options.hpp"
#include "runtime/ports/answers.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/coordinator.hpp"
#include "runtime/ports/events.hpp"
#include "runtime/ports/meter.hpp"
#include "runtime/ports/random.hpp"
#include "runtime/ports/read_table.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/ports/transport.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace muster {

class shard_replica;

/// The outside of one machine, as its actors see it.
struct machine_ports {
  clock_source& clock;
  transport& wire;
  store& disk;
  coordinator& coord;
  read_table_writer& table;
  answers& replies;
  random_source& random;
  event_sink& events;
  const entry_codec& codec;
};

/// What stays the same in one incarnation of a machine.
struct machine_facts {
  peer self;
  store_id store;
  /// Holds the id of this machine (`claim_of`).
  uint64_t claim = 0;
  /// host:port of the peer listener.
  std::string address;
  /// Prefix of all keys in the coordinator: `/muster/<cluster>/`.
  std::string keys;
  boot_time started;
  uint32_t shard_count = 64;
  uint32_t replication = 3;
  /// How many storing machines there must be before the first assignments are
  /// made; 0 = another machine makes them.
  uint32_t first_machines = 0;
  bool stores_data = true;
  nanoseconds poll = std::chrono::seconds{1};
  shard_options shard;
  agent_options agent;
  copy_options copies;
  command_object_options command;
  remote_read_options reads;
  planner_options moves;
  session_keeper_options sessions;
  presence_options presence;
  own_inventory_options inventory;

  /// This machine is a switch: its agents serve its rack (3.8). It gives up on
  /// a silent machine sooner than its homes give up on it.
  void serve_rack() {
    agent.for_rack = copies.for_rack = true;
    agent.ack_timeout = std::chrono::milliseconds{500};
    agent.resend = std::chrono::milliseconds{200};
  }
};

/// Every actor of one machine.
struct machine_actors {
  std::vector<shard_actor> shards; // by shard id
  agent_actor agent;
  copies_actor copies;
  lease_actor leases;
  membership_actor members;
  coordinator_actor coord;
  store_actor disk;
  reader_actor reader;
  presence_actor presence;
  own_inventory_actor inventory; // none if nothing is published
  policy_agent_actor policies;
};

/// What all actors of one machine share. Owned by the machine, outlives its
/// actors. All actors of a machine run on one thread at a time (one worker), so
/// that the read table has one writer.
struct machine_environment {
  machine_facts facts;
  machine_actors actors;
  internal_answers replies;
  /// With `replies` for answers.
  machine_ports ports;
  routing_board routing;
  shard_board board;
  key_board key_copies;
  command_pool commands;
  table_publisher table;
  known_sequences known;
  policy_board policies;
  /// Called with a shard's core after each of its inputs; the simulation
  /// watches with it. Empty in production.
  std::function<void(const shard_replica&)> observer;
  /// Called once with each home agent's core that is made; the simulation reads
  /// the directories. Empty in production.
  std::function<void(shard_id, const home_agent&)> directory_observer;
  /// The switch that commands may pass on their way; empty: none. Not before
  /// `relay_again`. Of the actors' thread.
  machine_id relay;
  boot_time relay_again{};
  /// See `cluster_read`; 0: not read yet. Of the actors' thread.
  uint64_t own_registration = 0;
  /// This incarnation is no member any more, and never will be: its process
  /// ends. From any thread.
  std::atomic<bool> expelled{false};
  /// Null: this machine publishes nothing of itself.
  const own_record_codec* inventory_codec = nullptr;
  /// Null: nothing is measured, as in the simulation.
  actor_meter* meter = nullptr;

  machine_environment(machine_ports p, machine_facts f, size_t history_max)
    : facts(std::move(f)),
      replies(p.replies, actors), ports{p.clock,  p.wire,   p.disk,
                                        p.coord,  p.table,  replies,
                                        p.random, p.events, p.codec},
      commands(history_max), table(p.table), known(facts.shard_count),
      policies(facts.shard_count) {
    // nop
  }

  boot_time now() const {
    return ports.clock.now();
  }

  /// A name for a command that begins here. Thread-safe.
  command_id next_command_id();

  /// Has a command carried out; an empty id is filled in. The ticket is
  /// answered once, at the latest soon after `patience`; at once if the command
  /// is malformed or too many are in flight, as one that surely changed
  /// nothing. Thread-safe.
  void submit(command x, sequence born, nanoseconds patience, uint64_t ticket);

  /// The same for an actor of this machine, see `internal_ticket`; it is told
  /// by a `command_result`.
  void submit_internal(command x, sequence born, uint32_t asker,
                       uint64_t number);
  /// A command got lost behind the switch: for a while none passes it.
  void doubt_relay() {
    relay_again = now() + facts.copies.granter.doubt;
  }

  /// Sends `x` to a machine, this one included (then without the transport).
  void send(const machine_id& to, wire_message x);

  /// Hands a message that arrived to the actor that takes it.
  void deliver(const peer& from, wire_message x);

  /// Messages that waited in the actors' mailboxes when these were last
  /// looked into; 0 without a meter. Thread-safe.
  size_t backlog() const {
    auto x = backlog_.load(std::memory_order_relaxed);
    return x > 0 ? static_cast<size_t>(x) : 0;
  }

  /// For the actors' base, on their one thread.
  void grow_backlog(int64_t messages) {
    backlog_.store(backlog_.load(std::memory_order_relaxed) + messages,
                   std::memory_order_relaxed);
  }

private:
  std::atomic<int64_t> backlog_{0};
  std::atomic<uint64_t> next_command_{1};
};

} // namespace muster
