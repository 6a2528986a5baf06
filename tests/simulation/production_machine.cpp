// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/production_machine.hpp"

#include "actors/registration.hpp"
#include "actors/spawn.hpp"
#include "actors/wire.hpp"
#include "runtime/store/entry_format.hpp"
#include "runtime/store/no_store.hpp"
#include "tests/simulation/message_text.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace muster::sim {

namespace {

constexpr nanoseconds register_pause = 300ms;
constexpr nanoseconds tick_every = 50ms;
constexpr size_t history_max = 64;
const std::string cluster_keys = "/muster/sim/";

/// What waits for an answer, by ticket. Tickets begin at 1 in each process, as
/// those of production may.
class open_questions final : public answers {
public:
  using command_function = std::function<void(command_answer)>;
  using read_function = std::function<void(const read_reply*)>;
  using list_function = std::function<void(const list_reply*)>;
  using events_function = std::function<void(const std::vector<watch_event>&)>;

  template <class F>
  uint64_t open(F f) {
    open_.emplace(++last_, std::move(f));
    return last_;
  }

  size_t open_count() const {
    return open_.size();
  }

  void command_done(uint64_t ticket, command_answer x) override {
    if (auto f = take<command_function>(ticket))
      f(std::move(x));
  }

  void read_done(uint64_t ticket, read_reply x) override {
    if (auto f = take<read_function>(ticket))
      f(&x);
  }

  void list_done(uint64_t ticket, list_reply x) override {
    if (auto f = take<list_function>(ticket))
      f(&x);
  }

  void explain_done(uint64_t, explain_reply) override {
    // nop
  }

  void move_done(uint64_t, move_reply) override {
    // nop
  }

  void timed_out(uint64_t ticket) override {
    auto i = open_.find(ticket);
    if (i == open_.end())
      return;
    auto f = std::move(i->second);
    open_.erase(i);
    if (auto read = std::get_if<read_function>(&f))
      (*read)(nullptr);
    else if (auto list = std::get_if<list_function>(&f))
      (*list)(nullptr);
  }

  uint64_t open_watch(events_function f) {
    watches_.emplace(++last_, std::move(f));
    return last_;
  }

  void close_watch(uint64_t ticket) {
    watches_.erase(ticket);
  }

  void watch_told(uint64_t ticket, std::vector<watch_event> x) override {
    if (auto i = watches_.find(ticket); i != watches_.end())
      i->second(x);
  }

  bool watch_has_room(uint64_t) override {
    return true;
  }

private:
  template <class F>
  F take(uint64_t ticket) {
    auto i = open_.find(ticket);
    if (i == open_.end())
      return {};
    auto f = std::get_if<F>(&i->second);
    auto out = f ? std::move(*f) : F{};
    open_.erase(i);
    return out;
  }

  std::map<uint64_t,
           std::variant<command_function, read_function, list_function>>
    open_;
  std::map<uint64_t, events_function> watches_;
  uint64_t last_ = 0;
};

read_table_options table_options(random_source& random) {
  read_table_options out;
  out.hash_seed = random.next();
  return out;
}

} // namespace

/// What a process consists of; outlives the machine.
struct production_machine::process final : transport_listener {
  process(host& h, const sim_ports& p)
    : owner(h), ports(p), stores(h.shape().stores(p.id)),
      table(h.shape().shard_count, p.clock, table_options(p.random)),
      started(p.clock.now()) {
    own.who.id = p.id;
    own.store = disk().id();
    own.host = "sim";
    own.port = 1;
    auto& shape = h.shape();
    own.role = shape.is_switch(p.id) ? "switch" : "machine";
    if (auto found = shape.behind.find(p.id); found != shape.behind.end())
      own.behind = found->second;
    claim = claim_of(own, p.random.next());
    h.alive_.insert(this);
  }

  store& disk() {
    return stores ? ports.disk : static_cast<store&>(nothing);
  }

  void register_self() {
    registration_request x{cluster_keys, own, "options=sim", claim};
    register_machine(ports.config, std::move(x), [this](result<incarnation> r) {
      if (r) {
        own.who.run = *r;
        run();
      } else {
        ports.timers.after(register_pause, [this] { register_self(); });
      }
    });
  }

  machine_facts facts() const {
    machine_facts out;
    out.self = own.who;
    out.store = own.store;
    out.claim = claim;
    out.address = own.who.id.value + ":1";
    out.keys = cluster_keys;
    out.started = started;
    out.shard_count = owner.shape().shard_count;
    out.replication = owner.shape().replication;
    out.first_machines = owner.shape().storing_count;
    out.stores_data = stores;
    out.moves = owner.shape().moves;
    out.moves.replication = owner.shape().replication;
    out.copies.keys = owner.shape().key_copies;
    out.agent.interest = owner.shape().interest;
    out.agent.keys_max = owner.shape().keys_max;
    out.shard.shard_count = owner.shape().shard_count;
    out.shard.checkpoint_entries = 64;
    out.shard.window_bytes = 16 * 1024;
    out.shard.watch_bytes_max = 512;
    out.copies.behind = own.behind;
    out.copies.granter.pause_max = 4s; // a run is short
    if (own.is_switch())
      out.serve_rack();
    if (auto& adjust = owner.shape().adjust)
      adjust(out);
    return out;
  }

  void run() {
    machine_ports p{ports.clock,  ports.network, disk(),
                    ports.config, table,         replies,
                    ports.random, ports.events,  codec};
    env.emplace(p, facts(), history_max);
    owner.watch_.observe_reads(own.who, table);
    env->observer = [this](const shard_replica& x) {
      owner.watch_.observe(own.who.id, ports.clock, x);
    };
    env->directory_observer = [this](shard_id shard, const home_agent& x) {
      owner.watch_.observe_directory(own.who.id, shard, x);
    };
    owner.watch_.observe_board(own.who, env->policies);
    spawn_machine(owner.actors_.system(), *env, std::move(recovered),
                  owner.shape().commands_max);
    ports.network.start(own.who.run, *this);
    auto mirrors = owner.shape().mirrors.find(own.who.id);
    if (mirrors != owner.shape().mirrors.end())
      for (auto& prefix : mirrors->second)
        caf::anon_send(env->actors.copies, pin_prefix{prefix, true});
    ports.timers.every(tick_every,
                       [this] { send_ticks(*env, tick_count++ % 2 == 0); });
    ports.events.note(severity::info, "registered",
                      "incarnation=" + std::to_string(own.who.run.value));
  }

  std::vector<caf::actor> all_actors() const {
    std::vector<caf::actor> out;
    auto add = [&](const auto& x) {
      out.push_back(caf::actor_cast<caf::actor>(x));
    };
    auto& all = env->actors;
    for (auto& x : all.shards)
      add(x);
    for (auto& x : env->commands.all())
      add(x);
    add(all.agent);
    add(all.copies);
    add(all.leases);
    add(all.members);
    add(all.coord);
    add(all.disk);
    add(all.reader);
    add(all.presence);
    add(all.policies);
    return out;
  }

  void die() {
    owner.watch_.forget(own.who.id);
    if (!env)
      return;
    env->observer = nullptr;
    env->directory_observer = nullptr;
    owner.actors_.kill(all_actors());
    env->commands.clear();
    env->actors = machine_actors{};
  }

  void on_packet(const peer& from, lane, packet x) override {
    auto message = decode(x);
    assert(message);
    if (ports.events.wants(severity::debug))
      ports.events.note(severity::debug, "from",
                        from.id.value + " " + describe(*message));
    ports.trace.point(ports.id.value, name_of(*message));
    env->deliver(from, std::move(*message));
  }

  void on_connected(const peer& to, lane on) override {
    if (on == lane::data)
      send_link_up(*env, to);
  }

  void on_disconnected(const peer&, lane) override {
    // nop
  }

  host& owner;
  sim_ports ports;
  bool stores;
  no_store nothing;
  entry_format codec;
  open_questions replies;
  read_table table;
  boot_time started;
  member own;
  uint64_t claim = 0;
  std::vector<recovered_shard> recovered;
  std::optional<machine_environment> env;
  uint64_t tick_count = 0;
};

production_machine::production_machine(host& owner, const sim_ports& ports)
  : owner_(owner), process_(std::make_unique<process>(owner, ports)) {
  auto found = process_->disk().recover();
  // The world has set a damaged store aside.
  assert(found);
  process_->recovered = std::move(*found);
  process_->register_self();
}

production_machine::~production_machine() {
  process_->die();
  owner_.alive_.erase(process_.get());
  owner_.dead_.push_back(std::move(process_));
}

bool production_machine::ready() const {
  return process_->env.has_value();
}

const read_table& production_machine::table() const {
  return process_->table;
}

machine_environment& production_machine::environment() const {
  return *process_->env;
}

bool production_machine::submit(command x, sequence born, nanoseconds timeout,
                                std::function<void(command_answer)> then) {
  auto& p = *process_;
  if (p.env->commands.in_flight() == p.env->commands.size())
    return false;
  auto ticket
    = p.replies.open(open_questions::command_function{std::move(then)});
  p.env->submit(std::move(x), born, timeout, ticket);
  return true;
}

void production_machine::mirror(const std::string& prefix, bool on) {
  caf::anon_send(process_->env->actors.copies, pin_prefix{prefix, on});
}

void production_machine::say_farewell() {
  if (!ready())
    return;
  auto ticket = process_->replies.open(
    open_questions::command_function{[](const command_answer&) {}});
  caf::anon_send(process_->env->actors.presence, farewell{ticket, 5s});
}

size_t production_machine::open_count() const {
  return process_->replies.open_count() + process_->env->commands.in_flight();
}

void production_machine::ask_home(shard_id shard, std::string key,
                                  nanoseconds timeout,
                                  std::function<void(const read_reply*)> then) {
  auto& p = *process_;
  auto ticket = p.replies.open(open_questions::read_function{std::move(then)});
  caf::anon_send(p.env->actors.reader,
                 muster::ask_home{{ticket, shard, std::move(key), false,
                                   p.ports.clock.now() + timeout}});
}

void production_machine::ask_list(shard_id shard, std::string prefix,
                                  nanoseconds timeout,
                                  std::function<void(const list_reply*)> then) {
  auto& p = *process_;
  auto ticket = p.replies.open(open_questions::list_function{std::move(then)});
  caf::anon_send(p.env->actors.reader,
                 muster::ask_home{{ticket, shard, std::move(prefix), true,
                                   p.ports.clock.now() + timeout}});
}

uint64_t production_machine::watch(
  std::string prefix, watch_position from,
  std::function<void(const std::vector<watch_event>&)> then) {
  auto& p = *process_;
  auto ticket = p.replies.open_watch(std::move(then));
  caf::anon_send(p.env->actors.reader,
                 begin_watch{ticket, std::move(prefix), std::move(from)});
  return ticket;
}

void production_machine::end_watch(uint64_t ticket) {
  caf::anon_send(process_->env->actors.reader, muster::end_watch{ticket});
  process_->replies.close_watch(ticket);
}

production_machine::host::host(sim_actors& actors, shard_watch& watch,
                               cluster_shape shape, sim_random random)
  : actors_(actors), watch_(watch), shape_(std::move(shape)),
    random_(std::move(random)) {
  // nop
}

production_machine::host::~host() = default;

key_copy_probe production_machine::host::key_copies() const {
  key_copy_probe out;
  auto add = [&](const process& x) {
    if (!x.env)
      return;
    auto one = x.env->key_copies.get();
    out.granted += one.granted;
    out.withdrawn += one.withdrawn;
    out.evicted += one.evicted;
  };
  for (auto x : alive_)
    add(*x);
  for (auto& x : dead_)
    add(*x);
  return out;
}

std::unique_ptr<sim_machine>
production_machine::host::start(const sim_ports& ports) {
  return std::make_unique<production_machine>(*this, ports);
}

void production_machine::host::settle() {
  actors_.run_ready(random_);
}

} // namespace muster::sim
