// SPDX-License-Identifier: Apache-2.0

// The life of a `local_machine`: opening its parts, registering, stopping.

#include "actors/registration.hpp"
#include "actors/wire.hpp"
#include "runtime/config/peer_via.hpp"
#include "runtime/coordinator/coordinator_mark.hpp"
#include "runtime/coordinator/embedded_coordinator.hpp"
#include "runtime/coordinator/etcd_coordinator.hpp"
#include "runtime/local_machine.hpp"
#include "runtime/store/entry_format.hpp"
#include "runtime/store/level_store.hpp"
#include "runtime/store/no_store.hpp"
#include "runtime/transport/hello.hpp"

#include <boost/asio/post.hpp>
#include <caf/atom.hpp>
#include <caf/send.hpp>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <unistd.h>

namespace muster {

namespace {

using std::chrono::milliseconds;

/// For how long a machine tries to register before it gives up: longer than
/// the lease that a killed predecessor's lock may still have.
constexpr std::chrono::seconds register_timeout{30};
constexpr milliseconds register_pause{300};

constexpr milliseconds tick_every{50};
/// How often a new revision of the coordinator is noted, with a write of its
/// own.
constexpr std::chrono::seconds note_every{2};

/// For how long a machine that stops waits for the coordinator.
constexpr std::chrono::seconds withdraw_timeout{1};
constexpr std::chrono::milliseconds farewell_timeout{500};

std::string host_of(const process_options& x) {
  return x.advertise_address.empty() ? x.listen_host : x.advertise_address;
}

/// What this program understands, or claims to.
result<machine_versions> versions_of(const process_options& x) {
  machine_versions out{wire_versions, {}};
  out.format = {entry_format::oldest_version, entry_format::newest_version};
  if (x.claimed_wire_versions.empty())
    return out;
  auto claimed = parse_versions(x.claimed_wire_versions);
  if (!claimed)
    return error{claimed.failure().code,
                 "claimed_wire_versions: " + claimed.failure().message};
  out.wire = *claimed;
  return out;
}

/// Errors: `invalid_argument` (an item of `peer_via`, claimed versions).
result<transport_options> transport_options_of(const settings& x) {
  transport_options out;
  auto& p = x.process;
  out.self = p.id;
  out.listen_host = p.listen_host;
  out.listen_port = p.listen_port;
  out.cluster_id = p.cluster_name;
  out.cluster_options_hash = x.cluster.hash();
  out.tls = {p.ca_file, p.cert_file, p.key_file};
  out.insecure = p.insecure;
  out.outbox_bytes_max = p.outbox_bytes_max;
  out.explicit_credit = true;
  auto versions = versions_of(p);
  if (!versions)
    return versions.failure();
  out.versions = *versions;
  for (auto& text : p.peer_via) {
    auto via = parse_peer_via(text);
    if (!via)
      return via.failure();
    out.via[via->id] = {via->host, via->port};
  }
  return out;
}

/// What this cluster's keys in the coordinator begin with.
std::string keys_of(const settings& x) {
  return "/muster/" + x.process.cluster_name + "/";
}

/// `config` in the coordinator: what must be equal everywhere (M1).
std::string config_text(const cluster_options& x) {
  return "generation=" + std::to_string(x.generation)
         + "\nshard_count=" + std::to_string(x.shard_count)
         + "\nreplication=" + std::to_string(x.replication)
         + "\nmin_copies=" + std::to_string(x.min_copies) + "\nlease_ms="
         + std::to_string(x.lease.count()) + "\nlease_renewal_ms="
         + std::to_string(x.lease_renewal.count()) + "\n";
}

machine_facts facts_of(const settings& x, const member& own,
                       boot_time started) {
  machine_facts out;
  out.self = own.who;
  out.store = own.store;
  out.address = own.host + ":" + std::to_string(own.port);
  out.keys = keys_of(x);
  out.started = started;
  out.shard_count = x.cluster.shard_count;
  out.replication = x.cluster.replication;
  out.first_machines = x.process.first_machines;
  out.stores_data = own.store != store_id{};
  out.moves.replication = x.cluster.replication;
  out.moves.dead_after = x.process.repair_after;
  out.moves.balance = x.process.balance;
  out.copies.keys.bytes_max = x.process.adaptive_copies_bytes_max;
  out.shard.shard_count = x.cluster.shard_count;
  out.shard.lease = lease_options{x.cluster.lease, x.cluster.lease_renewal};
  out.shard.min_copies = x.cluster.min_copies;
  out.presence.ttl = x.process.presence_ttl;
  if (out.presence.ttl > nanoseconds{0})
    out.presence.ttl = std::max(out.presence.ttl, session_ttl_min);
  out.agent.rack_timeout = 2 * x.cluster.lease;
  out.copies.behind = own.behind;
  out.copies.granter = granter_options::for_lease(x.cluster.lease,
                                                  x.cluster.lease_renewal);
  if (own.is_switch())
    out.serve_rack();
  return out;
}

} // namespace

result<std::unique_ptr<machine>> machine::start(settings options) {
  return local_machine::start(std::move(options));
}

local_machine::local_machine(settings options) : options_(std::move(options)) {
  caf_config_.set("scheduler.policy", caf::atom("sharing"));
  caf_config_.set("scheduler.max-threads", size_t{1});
}

result<std::unique_ptr<machine>> local_machine::start(settings options) {
  std::unique_ptr<local_machine> self{new local_machine(std::move(options))};
  if (auto done = self->open_parts(); !done)
    return done.failure();
  if (auto done = self->open_coordinator(); !done)
    return done.failure();
  self->io_thread_ = std::thread{[io = &self->io_] { io->run(); }};
  if (auto done = self->check_coordinator(); !done)
    return done.failure();
  if (auto done = self->register_self(); !done)
    return done.failure();
  self->spawn_actors(std::move(self->recovered_));
  return std::unique_ptr<machine>{std::move(self)};
}

muster::status local_machine::open_parts() {
  auto& p = options_.process;
  auto log
    = log_sink::open({p.format == log_format::json, p.log_level, p.log_file,
                      p.log_file_bytes_max, p.log_files_max, p.id.value});
  if (!log)
    return log.failure();
  events_ = std::move(*log);
  std::error_code ec;
  std::filesystem::create_directories(p.data_dir, ec);
  if (ec)
    return error{errc::io, "cannot make " + p.data_dir + ": " + ec.message()};
  if (p.stores_data && p.role == machine_role::machine) {
    if (auto done = open_store(); !done)
      return done;
  } else {
    store_ = std::make_unique<no_store>();
  }
  auto wire = transport_options_of(options_);
  if (!wire)
    return wire.failure();
  auto bound = tls_transport::open(io_, std::move(*wire), *events_);
  if (!bound)
    return bound.failure();
  transport_ = std::move(*bound);
  read_table_options table;
  table.hash_seed = random_.next();
  table_ = std::make_unique<read_table>(options_.cluster.shard_count, clock_,
                                        table);
  own_.who.id = p.id;
  own_.store = store_->id();
  own_.host = host_of(p);
  own_.port = transport_->port();
  own_.http = p.http_host + ":" + std::to_string(p.http_port);
  own_.role = p.role == machine_role::machine ? "machine" : "switch";
  own_.rack = p.rack;
  own_.behind = p.behind_switch;
  own_.pid = getpid();
  claim_ = claim_of(own_, random_.next());
  return ok();
}

muster::status local_machine::open_coordinator() {
  auto& p = options_.process;
  if (p.coordinator == coordinator_kind::embedded) {
    embedded_options x;
    x.directory = p.data_dir + "/coordinator";
    auto opened = embedded_coordinator::open(std::move(x), clock_);
    if (!opened)
      return opened.failure();
    coordinator_ = std::move(*opened);
    return ok();
  }
  etcd_options x;
  x.endpoints = p.etcd_endpoints;
  x.user = p.etcd_user;
  x.password = p.etcd_password;
  x.ca_file = p.etcd_ca_file;
  x.certificate_file = p.etcd_cert_file;
  x.key_file = p.etcd_key_file;
  auto opened = etcd_coordinator::open(std::move(x), clock_, events_.get());
  if (!opened)
    return opened.failure();
  coordinator_ = std::move(*opened);
  return ok();
}

muster::status local_machine::check_coordinator() {
  auto found = ask_until_answered<coordinator_mark>([this](auto then) {
    read_mark(*coordinator_, keys_of(options_), std::to_string(random_.next()),
              std::move(then));
  });
  if (!found)
    return found.failure();
  coordinator_identity_ = found->identity;
  if (!durable_)
    return ok();
  auto text = durable_->note();
  if (!text)
    return text.failure();
  if (text->empty())
    return ok();
  auto noted = parse_mark(*text);
  return noted ? check_mark(*noted, *found) : noted.failure();
}

muster::status local_machine::register_self() {
  auto got = ask_until_answered<incarnation>([this](auto then) {
    register_machine(*coordinator_,
                     {keys_of(options_), own_, config_text(options_.cluster),
                      claim_},
                     std::move(then));
  });
  if (!got)
    return got.failure();
  own_.who.run = *got;
  noted_revision_ = got->value;
  if (!durable_)
    return ok();
  return durable_->set_note(
    to_text(coordinator_mark{coordinator_identity_, got->value}));
}

template <class T, class F>
result<T> local_machine::ask_until_answered(F&& ask) {
  auto deadline = clock_.now() + register_timeout;
  boost::asio::steady_timer pause{io_};
  for (;;) {
    auto made = std::make_shared<std::promise<result<T>>>();
    auto waiting = made->get_future();
    ask([made](result<T> x) { made->set_value(std::move(x)); });
    auto got = waiting.get();
    if (got)
      return got;
    auto code = got.failure().code;
    auto again = code == errc::unavailable || code == errc::unknown
                 || code == errc::in_use || code == errc::timed_out;
    if (!again || clock_.now() >= deadline)
      return got;
    std::promise<void> over;
    pause.expires_after(register_pause);
    pause.async_wait([&over](auto) { over.set_value(); });
    over.get_future().wait();
  }
}

void local_machine::spawn_actors(std::vector<recovered_shard> recovered) {
  machine_ports ports{clock_, *transport_, *store_,  *coordinator_, *table_,
                      desk_,  random_,     *events_, codec_};
  env_ = std::make_unique<machine_environment>(
    ports, facts_of(options_, own_, clock_.now()),
    options_.process.history_count_max);
  env_->facts.claim = claim_;
  env_->meter = &actor_metrics_;
  auto& p = options_.process;
  auto publishes = p.inventory && p.role == machine_role::machine;
  if (publishes)
    env_->inventory_codec = &inventory_text_;
  actors_ = std::make_unique<caf::actor_system>(caf_config_);
  spawn_machine(*actors_, *env_, std::move(recovered),
                options_.process.commands_in_flight_max);
  transport_->start(own_.who.run, *this);
  mirror_again();
  add_metrics();
  boost::asio::post(io_, [this] { tick_later(); });
  if (publishes)
    watch_resources();
  events_->note(severity::info, "started",
                "incarnation=" + std::to_string(own_.who.run.value)
                  + " address=" + env_->facts.address);
}

void local_machine::watch_resources() {
  // A copy: the handle stays what it is until the watch has ended.
  auto to = env_->actors.inventory;
  resources_ = std::make_unique<resource_watch>(
    discovery_options_of(options_.process), clock_, *events_,
    resource_watch::listener{
      [to](found_inventory x) { caf::anon_send(to, std::move(x)); },
      [to](load_record x) { caf::anon_send(to, std::move(x)); }});
}

void local_machine::tick_later() {
  if (stopping_)
    return;
  if (auto full = store_->full(); full != disk_full_) {
    disk_full_ = full;
    events_->note(full ? severity::error : severity::info,
                  full ? "disk_full" : "disk_has_room",
                  full ? "writes are refused, reads go on" : "");
  }
  // Shards wait for nothing that is shorter than two ticks.
  send_ticks(*env_, ticks_++ % 2 == 0);
  credit_.on_tick(env_->backlog(), [this](auto& from, size_t bytes) {
    transport_->consumed(from, bytes);
  });
  if (clock_.now() >= next_note_)
    note_revision();
  timer_.expires_after(tick_every);
  timer_.async_wait([this](auto ec) {
    if (!ec)
      tick_later();
  });
}

void local_machine::note_revision() {
  auto newest = env_->routing.view()->at.value;
  if (!durable_ || newest <= noted_revision_)
    return;
  noted_revision_ = newest;
  next_note_ = clock_.now() + note_every;
  durable_->set_note_later(
    to_text(coordinator_mark{coordinator_identity_, newest}));
}

void local_machine::withdraw() {
  if (!env_)
    return;
  auto done = std::make_shared<std::promise<void>>();
  auto waiting = done->get_future();
  withdraw_machine(*coordinator_, env_->facts.keys, own_,
                   [done](const result<bool>&) { done->set_value(); });
  // Without an answer the key goes with its lease.
  waiting.wait_for(withdraw_timeout);
}

/// The record that says that this machine is there goes at once, if the
/// registry takes writes; else with its session.
void local_machine::say_farewell() {
  if (!env_ || options_.process.presence_ttl.count() == 0
      || !io_thread_.joinable())
    return;
  auto done = std::make_shared<std::promise<void>>();
  auto waiting = done->get_future();
  auto ticket = desk_.open(ticket_desk::command_function{
    [done](const command_answer&) { done->set_value(); }});
  caf::anon_send(env_->actors.presence, farewell{ticket, farewell_timeout});
  waiting.wait_for(farewell_timeout);
  desk_.close(ticket);
}

local_machine::~local_machine() {
  say_farewell();
  stopping_ = true;
  resources_.reset();
  if (env_)
    events_->note(severity::info, "stopping", "");
  if (transport_ && io_thread_.joinable())
    transport_->stop();
  boost::asio::post(io_, [this] { timer_.cancel(); });
  keep_running_.reset();
  io_.stop();
  if (io_thread_.joinable())
    io_thread_.join();
  desk_.close_all();
  // Actors end before what they write to; answers that still come find handles
  // of actors that are done.
  if (env_) {
    stop_machine(*env_, *actors_);
    note_revision();
  }
  store_.reset(); // drains
  withdraw();
  coordinator_.reset();
  if (env_)
    release_actors(*env_);
  actors_.reset();
  metrics_.remove_callbacks(this);
  transport_.reset();
}

// -- transport_listener -------------------------------------------------------

void local_machine::on_packet(const peer& from, lane on, packet x) {
  if (on == lane::data)
    credit_.on_delivered(from.id, x.payload.size(), env_->backlog(),
                         [this](auto& to, size_t bytes) {
                           transport_->consumed(to, bytes);
                         });
  auto message = decode(x);
  if (!message) {
    // Authenticated peers of our version do not send such; nothing changes.
    malformed_.fetch_add(1, std::memory_order_relaxed);
    events_->note(severity::warning, "malformed_message",
                  "from=" + from.id.value + " tag=" + std::to_string(x.tag));
    return;
  }
  env_->deliver(from, std::move(*message));
}

void local_machine::on_connected(const peer& to, lane on) {
  events_->note(severity::debug, "connected", "to=" + to.id.value);
  if (on == lane::data)
    send_link_up(*env_, to);
}

void local_machine::on_disconnected(const peer& to, lane) {
  events_->note(severity::debug, "disconnected", "to=" + to.id.value);
}

} // namespace muster
