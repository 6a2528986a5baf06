// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/dialer.hpp"

#include "runtime/outbox/batch.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <vector>

namespace muster {

namespace asio = boost::asio;

namespace {

outbox_options outbox_for(const transport_options& options, lane on) {
  outbox_options x;
  x.bytes_max = options.outbox_bytes_max;
  x.batch_bytes = options.batch_bytes;
  x.header_bytes = frame_header_bytes;
  x.payload_bytes_max = frame_payload_bytes_max - packet_overhead_bytes;
  if (on == lane::lease)
    x.packets_max = options.lease_packets_max;
  return x;
}

} // namespace

dialer::dialer(std::shared_ptr<hub> shared, peer_address to, lane on)
  : hub_(std::move(shared)), to_(std::move(to)), on_(on),
    outbox_(outbox_for(hub_->options, on)), resolver_(hub_->io),
    timer_(hub_->io), jitter_(std::random_device{}()),
    backoff_(hub_->options.backoff_min) {
  // nop
}

send_result dialer::send(uint16_t tag, std::string_view payload) {
  auto& probe = hub_->probe;
  switch (outbox_.push(tag, payload)) {
    case push_result::queued_wake:
      wake();
      return send_result::queued;
    case push_result::queued:
      return send_result::queued;
    case push_result::closed:
      return send_result::not_connected;
    case push_result::full:
      transport_probe::add(probe.packets_overloaded);
      return send_result::overloaded;
    case push_result::too_large:
      transport_probe::add(probe.packets_too_large);
      return send_result::overloaded;
  }
  return send_result::overloaded;
}

void dialer::wake() {
  if (hub::collecting == hub_.get()) {
    if (connection_)
      hub_->senders.push_back(connection_);
    return;
  }
  asio::post(hub_->io, [self = shared_from_this()] {
    if (self->connection_)
      self->connection_->flush();
  });
}

void dialer::start() {
  dial();
}

void dialer::stop(close_cause why) {
  stopped_ = true;
  ++attempt_;
  timer_.cancel();
  resolver_.cancel();
  give_up_connecting();
  if (auto closing = connection_)
    closing->close(why);
}

void dialer::retarget(const peer_address& to) {
  auto moved = to.host != to_.host || to.port != to_.port;
  to_ = to;
  noted_ = false;
  if (connection_) {
    if (moved || (connected_ && *connected_ < to.who.run))
      connection_->close(close_cause::removed, "the peer's record changed");
    return;
  }
  if (moved && !stopped_)
    dial();
}

void dialer::on_peer_alive(const peer& who) {
  if (stopped_)
    return;
  if (connected_ && *connected_ < who.run)
    connection_->close(close_cause::removed, "a newer incarnation was seen");
  if (waiting_)
    redial_at(std::max(clock::now(), dialled_at_ + hub_->options.backoff_min));
}

// -- dialling -----------------------------------------------------------------

void dialer::dial() {
  assert(!connection_);
  waiting_ = false;
  dialled_at_ = clock::now();
  transport_probe::add(hub_->probe.dials);
  auto attempt = ++attempt_;
  timer_.expires_after(hub_->options.handshake_deadline);
  timer_.async_wait([self = shared_from_this(), attempt](const error_code& x) {
    if (!x && attempt == self->attempt_ && !self->connection_)
      self->fail("no connection in time");
  });
  error_code not_numeric;
  auto address = asio::ip::make_address(to_.host, not_numeric);
  if (not_numeric)
    resolve(attempt);
  else
    connect(attempt, {{address, to_.port}});
}

void dialer::resolve(uint64_t attempt) {
  resolver_.async_resolve(to_.host, std::to_string(to_.port),
                          [self = shared_from_this(),
                           attempt](const error_code& failure,
                                    const tcp::resolver::results_type& x) {
                            if (attempt != self->attempt_)
                              return;
                            if (failure)
                              return self->fail(failure.message());
                            self->connect(attempt, {x.begin(), x.end()});
                          });
}

void dialer::connect(uint64_t attempt, std::vector<tcp::endpoint> endpoints) {
  if (hub_->options.insecure
      && !std::all_of(endpoints.begin(), endpoints.end(),
                      [](const auto& x) { return x.address().is_loopback(); }))
    return fail("plaintext is for loopback addresses only");
  give_up_connecting();
  connecting_ = std::make_shared<tcp::socket>(hub_->io);
  asio::async_connect(*connecting_, endpoints,
                      [self = shared_from_this(), socket = connecting_,
                       attempt](const error_code& failure,
                                const tcp::endpoint&) {
                        if (attempt != self->attempt_)
                          return;
                        if (failure)
                          return self->fail(failure.message());
                        self->connecting_.reset();
                        self->on_connected(std::move(*socket));
                      });
}

void dialer::give_up_connecting() {
  // The pending operation keeps the socket alive, so it must be closed.
  error_code ignored;
  if (connecting_)
    connecting_->close(ignored);
  connecting_.reset();
}

void dialer::on_connected(tcp::socket socket) {
  timer_.cancel();
  connection_ = std::make_shared<connection>(
    hub_, std::move(socket), tls_role::dialler, weak_from_this());
  auto starting = connection_;
  starting->start();
}

void dialer::fail(const std::string& why) {
  transport_probe::add(hub_->probe.dials_failed);
  // The first of a run of failures is worth a line.
  auto level = std::exchange(noted_, true) ? severity::debug
                                           : severity::warning;
  hub_->gate.note(level, "dial_failed", label() + " why=\"" + why + "\"");
  give_up_connecting();
  redial_later();
}

void dialer::redial_later() {
  if (stopped_)
    return;
  const auto& options = hub_->options;
  std::uniform_int_distribution<int64_t> half(backoff_.count() / 2,
                                              backoff_.count());
  redial_at(clock::now() + std::chrono::milliseconds{half(jitter_)});
  backoff_ = std::min(2 * backoff_, options.backoff_max);
}

void dialer::redial_at(clock::time_point when) {
  waiting_ = true;
  auto attempt = ++attempt_;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this(), attempt](const error_code& x) {
    if (!x && attempt == self->attempt_)
      self->dial();
  });
}

// -- the connection -----------------------------------------------------------

void dialer::on_secured() {
  const auto& name = connection_->peer_name();
  if (!hub_->options.insecure && name != to_.who.id.value) {
    transport_probe::add(hub_->probe.refused);
    connection_->close(close_cause::refused,
                       "its certificate names " + name.value_or("nobody"));
    return;
  }
  hello x;
  x.versions = hub_->options.versions;
  x.on = on_;
  x.options_hash = hub_->options.cluster_options_hash;
  x.from = {hub_->options.self, hub_->self_run};
  x.number = ++hub_->last_connection_number;
  x.cluster_id = hub_->options.cluster_id;
  connection_->queue(frame_type::hello, encode(x));
}

void dialer::on_frame(const frame& x) {
  if (!connected_ && x.type == frame_type::hello)
    return welcome(x);
  if (!connected_ && x.type == frame_type::refusal)
    return on_refusal(x);
  if (connected_ && x.type == frame_type::credit && on_ == lane::data)
    return on_credit(x);
  if (connected_ && x.type == frame_type::pong && x.payload.empty())
    return;
  connection_->close_malformed(hub_->probe.unknown_frames, "unexpected_frame");
}

void dialer::welcome(const frame& x) {
  auto answer = decode_hello(x.payload);
  if (!answer)
    return connection_->close_malformed(hub_->probe.bad_payloads, "bad_hello");
  const auto& options = hub_->options;
  auto same = agree(answer->versions, options.versions) && answer->on == on_
              && answer->cluster_id == options.cluster_id
              && answer->options_hash == options.cluster_options_hash
              && answer->from.id == to_.who.id;
  if (same && answer->from.run >= to_.who.run)
    return open(*answer);
  transport_probe::add(hub_->probe.refused);
  connection_->close(close_cause::refused,
                     same ? "its incarnation is old" : "it is another machine");
}

void dialer::on_refusal(const frame& x) {
  auto why = decode_refusal(x.payload);
  if (!why)
    return connection_->close_malformed(hub_->probe.bad_payloads,
                                        "bad_refusal");
  transport_probe::add(hub_->probe.refused);
  std::string detail;
  if (why->why == refusal::version)
    detail = ": it understands " + to_string(why->versions) + ", this machine "
             + to_string(hub_->options.versions) + "; upgrade the older one";
  connection_->close(close_cause::refused, std::string{"the peer says "}
                                             + to_string(why->why) + detail);
}

void dialer::on_credit(const frame& x) {
  auto grown = x.payload.size() == 8 ? load_le(x.payload.data(), 8) : 0;
  if (grown < granted_bytes_)
    return connection_->close_malformed(hub_->probe.bad_payloads, "bad_credit");
  granted_bytes_ = grown; // the connection flushes after each read
}

void dialer::open(const hello& x) {
  auto spoken = agree(x.versions, hub_->options.versions);
  assert(spoken);
  connected_ = x.from.run;
  granted_bytes_ = x.credit_bytes;
  sent_bytes_ = 0;
  noted_ = false;
  connection_->opened();
  outbox_.open();
  hub_->gate.note(severity::info, "peer_connected",
                  label() + " incarnation=" + std::to_string(x.from.run.value)
                    + " wire=" + std::to_string(spoken->wire)
                    + " format=" + std::to_string(spoken->format));
  hub_->gate.connected(x.from, on_);
}

bool dialer::next_batch(std::string& x) {
  if (!connected_)
    return false;
  if (sent_bytes_ >= granted_bytes_) {
    if (outbox_.bytes() > 0)
      transport_probe::add(hub_->probe.credit_stalls);
    return false;
  }
  if (!outbox_.take(x))
    return false;
  seal_frame(frame_type::batch, x);
  sent_bytes_ += x.size() - frame_header_bytes;
  transport_probe::add(hub_->probe.batches_sent);
  return true;
}

void dialer::on_silence() {
  connection_->queue(frame_type::ping, {});
  connection_->flush();
}

void dialer::on_closed(close_cause why, const std::string& detail) {
  connection_.reset();
  auto text = std::string{to_string(why)} + ": " + detail;
  if (!connected_) {
    fail(text);
    return;
  }
  auto run = *std::exchange(connected_, std::nullopt);
  transport_probe::add(hub_->probe.connections_lost);
  transport_probe::add(hub_->probe.packets_dropped, outbox_.close());
  hub_->gate.note(why == close_cause::stopped ? severity::debug
                                              : severity::warning,
                  "peer_disconnected", label() + " why=\"" + text + "\"");
  hub_->gate.disconnected({to_.who.id, run}, on_);
  // A connection that held out longer than the longest pause was a good one.
  if (clock::now() - dialled_at_ > hub_->options.backoff_max)
    backoff_ = hub_->options.backoff_min;
  redial_later();
}

std::string dialer::label() const {
  return "peer=" + to_.who.id.value + " lane=" + to_string(on_)
         + " address=" + to_.host + ":" + std::to_string(to_.port);
}

} // namespace muster
