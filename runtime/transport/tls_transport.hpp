// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/ports/events.hpp"
#include "runtime/ports/transport.hpp"
#include "runtime/transport/options.hpp"
#include "runtime/transport/probe.hpp"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace muster {

/// The transport of a real machine: mutual TLS 1.3 over TCP.
///
/// Every machine dials every peer, one connection a lane. Packets for one peer
/// that come while a write is going on leave together in the next one; nothing
/// waits for a timer. All work happens on the one thread that runs the
/// io_context; `send` only encodes into the peer's outbox and wakes it.
///
/// Life cycle: `open` (the port is bound, so it can be registered), `start`
/// (once the incarnation is known), `stop`.
///
/// Thread-safe.
class tls_transport final : public transport {
public:
  /// Checks the options, loads the certificates and binds the listening
  /// socket; nothing is accepted yet.
  ///
  /// `invalid_argument`: an option, file or address is unusable; `in_use`: the
  /// port is taken; `denied`, `io`: the system says no.
  ///
  /// @param io  run by exactly one thread, and best made for one (concurrency
  /// hint 1), which saves a system call for each answer; outlives the transport
  /// @param events  must live until `stop`
  static result<std::unique_ptr<tls_transport>>
  open(boost::asio::io_context& io, transport_options options,
       event_sink& events);

  /// Stops.
  ~tls_transport() override;

  /// The port listened on.
  uint16_t port() const;

  /// Begins to accept and to dial, as incarnation `run`. Call once.
  ///
  /// @param listener  must live until `stop`
  void start(incarnation run, transport_listener& listener);

  /// Also `overloaded` for a payload that does not fit into a frame (counted
  /// as `packets_too_large`): that one is never to be sent again.
  send_result send(const machine_id& to, lane on, packet x) override;

  /// Takes effect soon, on the io thread. A record of this machine itself is
  /// ignored.
  void set_peers(std::vector<peer_address> peers) override;

  /// With `explicit_credit`: a packet of the data lane has been dealt with,
  /// and the peer may send as much again.
  ///
  /// @param payload_bytes  the size of the packet's payload
  void consumed(const machine_id& from, size_t payload_bytes);

  /// Closes everything. When it returns, listener and events are not called
  /// any more. Idempotent. Do not hold a lock that the listener needs.
  ///
  /// The sockets are closed on the io thread; if that does not run, they are
  /// when the io_context is destroyed, and the call waits 5 s for nothing.
  void stop();

  const transport_probe& probe() const;

private:
  class impl;

  explicit tls_transport(std::shared_ptr<impl> x);

  const std::shared_ptr<impl> impl_;
};

} // namespace muster
