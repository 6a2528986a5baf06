// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/acceptor.hpp"

#include <cassert>
#include <vector>

namespace muster {

namespace asio = boost::asio;

namespace {

/// After an error of `accept`, such as no file descriptor left.
constexpr std::chrono::milliseconds accept_pause{100};

error listen_failure(const transport_options& options,
                     const boost::system::error_code& why) {
  auto code = why == asio::error::address_in_use  ? errc::in_use
              : why == asio::error::access_denied ? errc::denied
                                                  : errc::io;
  return {code, "cannot listen on " + options.listen_host + ":"
                  + std::to_string(options.listen_port) + ": " + why.message()};
}

} // namespace

acceptor::acceptor(std::shared_ptr<hub> shared)
  : hub_(std::move(shared)), socket_(hub_->io), pause_(hub_->io),
    admission_(hub_->options.cluster_id, hub_->options.cluster_options_hash,
               hub_->options.versions) {
  // nop
}

status acceptor::listen() {
  const auto& options = hub_->options;
  error_code why;
  tcp::resolver resolver{hub_->io};
  auto found = resolver.resolve(options.listen_host,
                                std::to_string(options.listen_port),
                                tcp::resolver::passive, why);
  if (why || found.empty())
    return error{errc::invalid_argument, "cannot resolve the address "
                                           + options.listen_host
                                           + " to listen on: " + why.message()};
  auto endpoint = found.begin()->endpoint();
  if (options.insecure && !endpoint.address().is_loopback())
    return error{errc::invalid_argument,
                 "plaintext is for loopback addresses only, not for "
                   + options.listen_host};
  socket_.open(endpoint.protocol(), why);
  if (!why)
    socket_.set_option(tcp::acceptor::reuse_address{true}, why);
  if (!why)
    socket_.bind(endpoint, why);
  if (!why)
    socket_.listen(asio::socket_base::max_listen_connections, why);
  if (why)
    return listen_failure(options, why);
  port_ = socket_.local_endpoint(why).port();
  return ok();
}

void acceptor::start(seen_handler seen) {
  seen_ = std::move(seen);
  accept();
}

void acceptor::stop() {
  stopped_ = true;
  seen_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
  close_if(close_cause::stopped, [](const inbound&) { return true; });
}

void acceptor::set_peers(std::span<const peer_address> peers) {
  admission_.set_peers(peers);
  std::erase_if(accounts_,
                [&](const auto& x) { return !admission_.registered(x.first); });
  close_if(close_cause::removed, [&](const inbound& x) {
    return x.who()
           && (!admission_.registered(x.who()->id)
               || x.who()->run < admission_.newest(x.who()->id));
  });
}

void acceptor::return_credit(const machine_id& id) {
  auto all = inbounds_; // a failing write removes its connection
  for (auto& [key, x] : all)
    if (x->who() && x->who()->id == id)
      x->return_credit();
}

std::shared_ptr<credit_account> acceptor::account_of(const machine_id& id) {
  auto& x = accounts_[id];
  if (!x)
    x = std::make_shared<credit_account>();
  return x;
}

bool acceptor::may_say_hello(const machine_id& name) {
  return admission_.registered(name);
}

std::optional<refusal> acceptor::admit(inbound& from, const hello& x) {
  assert(!from.who());
  auto name = from.certificate_name();
  if (auto why = admission_.judge(x, name))
    return why;
  admission_.admit(x);
  --unauthenticated_;
  show_counts();
  close_if(close_cause::superseded, [&](const inbound& other) {
    return &other != &from && other.who() && other.who()->id == x.from.id
           && (other.on() == x.on || other.who()->run < x.from.run);
  });
  return std::nullopt;
}

void acceptor::on_admitted(const peer& who) {
  if (seen_)
    seen_(who);
}

void acceptor::on_gone(inbound& gone) {
  if (!gone.who())
    --unauthenticated_;
  inbounds_.erase(&gone);
  show_counts();
}

void acceptor::accept() {
  socket_.async_accept(
    [self = shared_from_this()](const error_code& failure, tcp::socket socket) {
      self->on_accept(failure, std::move(socket));
    });
}

void acceptor::on_accept(const error_code& failure, tcp::socket socket) {
  if (stopped_)
    return;
  if (!failure) {
    take_in(std::move(socket));
    return accept();
  }
  hub_->gate.note(severity::warning, "accept_failed",
                  "why=\"" + failure.message() + "\"");
  pause_.expires_after(accept_pause);
  pause_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && !self->stopped_)
      self->accept();
  });
}

void acceptor::take_in(tcp::socket socket) {
  error_code failure;
  auto remote = socket.remote_endpoint(failure);
  auto plain_from_outside = hub_->options.insecure
                            && !remote.address().is_loopback();
  if (failure || at_cap() || plain_from_outside) {
    transport_probe::add(hub_->probe.refused_by_cap);
    return; // the socket closes
  }
  transport_probe::add(hub_->probe.accepted);
  auto x = std::make_shared<inbound>(hub_, *this);
  inbounds_.emplace(x.get(), x);
  ++unauthenticated_;
  show_counts();
  x->start(std::move(socket));
}

bool acceptor::at_cap() const {
  return inbounds_.size() >= hub_->options.connections_max
         || unauthenticated_ >= hub_->options.unauthenticated_max;
}

void acceptor::close_if(close_cause why,
                        const std::function<bool(const inbound&)>& matches) {
  std::vector<std::shared_ptr<inbound>> closing;
  for (auto& [key, x] : inbounds_)
    if (matches(*x))
      closing.push_back(x);
  if (why == close_cause::superseded)
    transport_probe::add(hub_->probe.connections_superseded, closing.size());
  for (auto& x : closing)
    x->close(why, to_string(why));
}

void acceptor::show_counts() {
  hub_->probe.inbound_now = inbounds_.size();
  hub_->probe.unauthenticated_now = unauthenticated_;
}

} // namespace muster
