// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/transport/admission.hpp"
#include "runtime/transport/inbound.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <span>

namespace muster {

/// Listens, and holds the accepted connections.
///
/// Life cycle: `listen` on any thread, then `start`, and `stop` once.
/// Invariants: (1) never more connections than the options' two caps; (2) at
/// most one admitted connection a peer and lane, the newest; (3) all admitted
/// connections of a peer are of one incarnation.
/// Kept by a shared pointer. Not thread-safe: io thread only after `listen`.
class acceptor : public inbound_owner,
                 public std::enable_shared_from_this<acceptor> {
public:
  using seen_handler = std::function<void(const peer&)>;

  explicit acceptor(std::shared_ptr<hub> shared);

  /// Binds the socket. `in_use`: another socket has the port;
  /// `invalid_argument`: the host is unknown or not local, or not loopback
  /// though `insecure`; `io`: anything else.
  status listen();

  /// The port listened on.
  uint16_t port() const {
    return port_;
  }

  /// Begins to accept. `seen` is called for each peer admitted.
  void start(seen_handler seen);

  /// Closes everything.
  void stop();

  /// Replaces the registered machines; connections of others, and of
  /// older incarnations, are closed.
  void set_peers(std::span<const peer_address> peers);

  /// Gives the peer credit for what was consumed.
  void return_credit(const machine_id& id);

  std::shared_ptr<credit_account> account_of(const machine_id& id) override;
  bool may_say_hello(const machine_id& name) override;
  std::optional<refusal> admit(inbound& from, const hello& x) override;
  void on_admitted(const peer& who) override;
  void on_gone(inbound& gone) override;

private:
  using tcp = boost::asio::ip::tcp;
  using error_code = boost::system::error_code;

  void accept();
  void on_accept(const error_code& failure, tcp::socket socket);
  void take_in(tcp::socket socket);
  bool at_cap() const;
  void close_if(close_cause why, const std::function<bool(const inbound&)>& x);
  void show_counts();

  const std::shared_ptr<hub> hub_;
  tcp::acceptor socket_;
  boost::asio::steady_timer pause_;
  uint16_t port_ = 0;
  seen_handler seen_;
  admission admission_;
  std::map<const inbound*, std::shared_ptr<inbound>> inbounds_;
  std::map<machine_id, std::shared_ptr<credit_account>> accounts_;
  size_t unauthenticated_ = 0;
  bool stopped_ = false;
};

} // namespace muster
