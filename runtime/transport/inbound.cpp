// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/inbound.hpp"

#include "runtime/outbox/batch.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

inbound::inbound(std::shared_ptr<hub> shared, inbound_owner& owner)
  : hub_(std::move(shared)), owner_(&owner) {
  // nop
}

void inbound::start(connection::socket_type socket) {
  connection_ = std::make_shared<connection>(
    hub_, std::move(socket), tls_role::acceptor, weak_from_this());
  auto starting = connection_;
  starting->start();
}

void inbound::close(close_cause why, const std::string& detail) {
  if (auto closing = connection_)
    closing->close(why, detail);
}

void inbound::on_secured() {
  const auto& name = connection_->peer_name();
  if (hub_->options.insecure)
    return;
  if (!name || !owner_->may_say_hello(machine_id{*name}))
    refuse(refusal::not_registered, name.value_or("nobody"));
}

void inbound::on_frame(const frame& x) {
  if (!who_ && x.type == frame_type::hello)
    return on_hello(x);
  if (who_ && x.type == frame_type::batch)
    return on_batch(x);
  if (who_ && x.type == frame_type::ping && x.payload.empty())
    return connection_->queue(frame_type::pong, {});
  connection_->close_malformed(hub_->probe.unknown_frames, "unexpected_frame");
}

bool inbound::next_batch(std::string&) {
  return false;
}

void inbound::on_silence() {
  // The dialler pings.
}

void inbound::on_closed(close_cause why, const std::string& detail) {
  connection_.reset();
  if (who_)
    hub_->gate.note(severity::debug, "inbound_closed",
                    "peer=" + to_string(*who_) + " lane=" + to_string(on_)
                      + " why=\"" + to_string(why) + ": " + detail + "\"");
  owner_->on_gone(*this);
}

void inbound::return_credit() {
  if (!connection_ || !who_ || on_ == lane::lease)
    return;
  auto grown = credit();
  if (grown < granted_bytes_ + hub_->options.window_bytes / 4)
    return;
  granted_bytes_ = grown;
  char bytes[8];
  store_le(bytes, grown, sizeof bytes);
  connection_->queue(frame_type::credit, {bytes, sizeof bytes});
  // The connection flushes after each read; this is for other callers.
  connection_->flush();
}

void inbound::on_hello(const frame& x) {
  auto said = decode_hello(x.payload);
  if (!said)
    return connection_->close_malformed(hub_->probe.bad_payloads, "bad_hello");
  if (auto why = owner_->admit(*this, *said))
    return refuse(*why, to_string(said->from), said->versions);
  who_ = said->from;
  on_ = said->on;
  account_ = owner_->account_of(who_->id);
  granted_bytes_ = on_ == lane::lease ? UINT64_MAX : credit();
  hello answer;
  answer.versions = hub_->options.versions;
  answer.on = on_;
  answer.options_hash = hub_->options.cluster_options_hash;
  answer.from = {hub_->options.self, hub_->self_run};
  answer.credit_bytes = granted_bytes_;
  answer.cluster_id = hub_->options.cluster_id;
  connection_->queue(frame_type::hello, encode(answer));
  connection_->opened();
  owner_->on_admitted(*who_);
}

void inbound::on_batch(const frame& x) {
  auto& probe = hub_->probe;
  auto size = x.payload.size();
  if (!is_batch(x.payload))
    return connection_->close_malformed(probe.bad_payloads, "bad_batch");
  if (received_bytes_ >= granted_bytes_)
    return connection_->close_malformed(probe.credit_violations, "no_credit");
  transport_probe::add(probe.batches_received);
  if (on_ == lane::data) {
    received_bytes_ += size;
    account_->delivered(size);
  }
  auto packets = hub_->gate.deliver(*who_, on_, x.payload);
  transport_probe::add(probe.packets_received, packets);
  if (on_ == lane::lease || hub_->options.explicit_credit)
    return;
  account_->consumed(size, 0);
  return_credit();
}

void inbound::refuse(refusal why, const std::string& whom,
                     const machine_versions& theirs) {
  const auto& own = hub_->options.versions;
  std::string detail;
  if (why == refusal::version)
    detail = " it_understands=\"" + to_string(theirs)
             + "\" this_machine_understands=\"" + to_string(own) + "\"";
  transport_probe::add(hub_->probe.refused);
  hub_->gate.note(severity::warning, "peer_refused",
                  "peer=" + whom + " from=" + connection_->remote()
                    + " why=" + to_string(why) + detail);
  connection_->queue(frame_type::refusal, encode(why, own));
  connection_->close(close_cause::refused, to_string(why));
}

uint64_t inbound::credit() const {
  // What earlier connections delivered and nobody consumed counts as well.
  uint64_t window = hub_->options.window_bytes;
  return received_bytes_ + window - std::min(window, account_->outstanding());
}

} // namespace muster
