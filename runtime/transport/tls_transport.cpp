// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/tls_transport.hpp"

#include "runtime/outbox/batch.hpp"
#include "runtime/transport/acceptor.hpp"
#include "runtime/transport/dialer.hpp"
#include "runtime/transport/hub.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds stop_wait{5};

error unusable(const std::string& what) {
  return {errc::invalid_argument, "transport: " + what};
}

status check(const transport_options& x) {
  using std::chrono::milliseconds;
  if (x.self.value.empty() || x.self.value.size() > 255)
    return unusable("the machine id must have 1 to 255 bytes");
  if (x.cluster_id.size() > 255)
    return unusable("the cluster id must have at most 255 bytes");
  if (x.outbox_bytes_max < 65536 || x.window_bytes < 65536)
    return unusable("outbox and window must be at least 64 KiB");
  if (x.batch_bytes < 1024 || x.batch_bytes > size_t{4} << 20)
    return unusable("batch_bytes must be from 1 KiB to 4 MiB");
  if (x.lease_packets_max == 0 || x.connections_max == 0
      || x.unauthenticated_max == 0)
    return unusable("a maximum must not be 0");
  if (x.handshake_deadline <= milliseconds{0}
      || x.ping_interval <= milliseconds{0} || x.io_deadline < x.ping_interval)
    return unusable(
      "deadlines must be positive, and io_deadline not below "
      "ping_interval");
  if (x.backoff_min <= milliseconds{0} || x.backoff_max < x.backoff_min)
    return unusable("back-off must be positive and not shrink");
  return ok();
}

result<tls_context> load_tls(const transport_options& x) {
  if (x.insecure)
    return tls_context{};
  return tls_context::load(x.tls);
}

} // namespace

/// What must outlive the transport as long as the io_context holds handlers.
class tls_transport::impl : public std::enable_shared_from_this<impl> {
public:
  explicit impl(std::shared_ptr<hub> shared)
    : hub_(std::move(shared)), acceptor_(std::make_shared<acceptor>(hub_)) {
    // nop
  }

  /// The dialled connections of one peer and what it may still send.
  struct route {
    std::array<std::shared_ptr<dialer>, 2> dialers;
    std::shared_ptr<credit_account> account;
  };

  status listen() {
    return acceptor_->listen();
  }

  uint16_t port() const {
    return acceptor_->port();
  }

  hub& shared() {
    return *hub_;
  }

  /// Runs the rest on the io thread.
  template <class F>
  void post(F f) {
    asio::post(hub_->io,
               [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }

  void start(incarnation run) {
    if (stopped_)
      return;
    hub_->self_run = run;
    started_ = true;
    acceptor_->start([weak = weak_from_this()](const peer& who) {
      if (auto self = weak.lock())
        self->on_peer_alive(who);
    });
    apply();
  }

  void set_peers(std::vector<peer_address> peers) {
    std::erase_if(peers, [this](const auto& x) {
      return x.who.id == hub_->options.self;
    });
    for (auto& x : peers)
      if (auto i = hub_->options.via.find(x.who.id);
          i != hub_->options.via.end()) {
        x.host = i->second.host;
        x.port = i->second.port;
      }
    peers_ = std::move(peers);
    if (started_ && !stopped_)
      apply();
  }

  /// Thread-safe.
  send_result send(const machine_id& to, lane on, const packet& x) {
    std::shared_lock guard{routes_mutex_};
    auto i = routes_.find(to);
    if (i == routes_.end())
      return send_result::not_connected;
    return i->second.dialers[static_cast<size_t>(on)]->send(x.tag, x.payload);
  }

  /// Thread-safe.
  void consumed(const machine_id& from, size_t bytes) {
    std::shared_lock guard{routes_mutex_};
    auto i = routes_.find(from);
    if (i == routes_.end())
      return;
    if (i->second.account->consumed(bytes, hub_->options.window_bytes / 8))
      post([from](impl& self) { self.acceptor_->return_credit(from); });
  }

  void close() {
    stopped_ = true;
    acceptor_->stop();
    for (auto& [id, x] : take_routes({}))
      stop(x, close_cause::stopped);
  }

private:
  using route_map = std::unordered_map<machine_id, route>;

  route_map take_routes(route_map next) {
    std::unique_lock guard{routes_mutex_};
    std::swap(routes_, next);
    return next;
  }

  static void stop(route& x, close_cause why) {
    for (auto& dials : x.dialers)
      dials->stop(why);
  }

  /// Makes routes and connections match `peers_`.
  void apply() {
    acceptor_->set_peers(peers_);
    route_map next;
    std::vector<std::shared_ptr<dialer>> fresh;
    for (const auto& to : peers_) {
      auto& x = next[to.who.id];
      if (auto i = routes_.find(to.who.id); i != routes_.end())
        x = i->second;
      for (auto on : {lane::data, lane::lease}) {
        auto& dials = x.dialers[static_cast<size_t>(on)];
        if (dials) {
          dials->retarget(to);
        } else {
          dials = std::make_shared<dialer>(hub_, to, on);
          fresh.push_back(dials);
        }
      }
      x.account = acceptor_->account_of(to.who.id);
    }
    if (stopped_)
      return; // by the listener, which was told of a closed connection
    auto old = take_routes(next);
    for (auto& [id, x] : old)
      if (!next.contains(id))
        stop(x, close_cause::removed);
    for (auto& dials : fresh)
      dials->start();
  }

  void on_peer_alive(const peer& who) {
    auto i = routes_.find(who.id);
    if (i == routes_.end())
      return;
    auto x = i->second;
    for (auto& dials : x.dialers)
      dials->on_peer_alive(who);
  }

  const std::shared_ptr<hub> hub_;
  const std::shared_ptr<acceptor> acceptor_;
  std::vector<peer_address> peers_;
  /// Written by the io thread only, which reads it without the mutex.
  route_map routes_;
  std::shared_mutex routes_mutex_;
  bool started_ = false;
  bool stopped_ = false;
};

result<std::unique_ptr<tls_transport>>
tls_transport::open(asio::io_context& io, transport_options options,
                    event_sink& events) {
  if (auto good = check(options); !good)
    return good.failure();
  auto tls = load_tls(options);
  if (!tls)
    return tls.failure();
  auto shared = std::make_shared<hub>(io, std::move(options), *tls, events);
  auto x = std::make_shared<impl>(std::move(shared));
  if (auto listens = x->listen(); !listens)
    return listens.failure();
  return std::unique_ptr<tls_transport>{new tls_transport{std::move(x)}};
}

tls_transport::tls_transport(std::shared_ptr<impl> x) : impl_(std::move(x)) {
  // nop
}

tls_transport::~tls_transport() {
  stop();
}

uint16_t tls_transport::port() const {
  return impl_->port();
}

void tls_transport::start(incarnation run, transport_listener& listener) {
  impl_->shared().gate.open(listener);
  impl_->post([run](impl& self) { self.start(run); });
}

send_result tls_transport::send(const machine_id& to, lane on, packet x) {
  return impl_->send(to, on, x);
}

void tls_transport::set_peers(std::vector<peer_address> peers) {
  impl_->post(
    [peers = std::move(peers)](impl& self) { self.set_peers(peers); });
}

void tls_transport::consumed(const machine_id& from, size_t payload_bytes) {
  impl_->consumed(from, payload_bytes + packet_overhead_bytes);
}

void tls_transport::stop() {
  auto& shared = impl_->shared();
  shared.gate.close();
  if (shared.io.get_executor().running_in_this_thread()) {
    impl_->close();
    return;
  }
  auto done = std::make_shared<std::promise<void>>();
  auto closed = done->get_future();
  impl_->post([done](impl& self) {
    self.close();
    done->set_value();
  });
  if (!shared.io.stopped())
    closed.wait_for(stop_wait);
}

const transport_probe& tls_transport::probe() const {
  return impl_->shared().probe;
}

} // namespace muster
