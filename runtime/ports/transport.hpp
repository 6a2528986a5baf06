// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Each ordered pair of machines has one connection a lane. Leases never queue
/// behind data (T2); everything about copies and commands is one FIFO (D1).
enum class lane : uint8_t { data, lease };

/// One encoded message. The transport does not look into `payload`.
struct packet {
  /// Which message of the closed set of `actors/wire.hpp`.
  uint16_t tag = 0;
  /// At most 16 MiB less the frame's overhead.
  std::string payload;
};

/// Where a registered machine listens.
struct peer_address {
  peer who;
  std::string host; // numeric or a name
  uint16_t port = 0;
};

enum class send_result : uint8_t {
  /// Queued. It arrives in order, or the connection is lost and
  /// `on_disconnected` tells.
  queued,
  /// No connection at the moment; dropped. Wait for `on_connected`.
  not_connected,
  /// The peer's outbox is full; dropped. Answer `overloaded` or retry later.
  overloaded,
};

/// Sends packets to other machines: mutual TLS over TCP in production, the
/// simulated network in the simulation. Every machine dials every peer; its
/// outgoing packets use the connections that it dialled, so each direction of
/// a lane is a FIFO of its own. A lost connection loses what was queued on
/// it: nothing is sent again by the transport (C3); the cores do.
/// Thread-safe.
class transport {
public:
  virtual ~transport() = default;

  /// Queues `x` for `to`; never blocks. Packets for one peer are batched
  /// into frames.
  virtual send_result send(const machine_id& to, lane on, packet x) = 0;

  /// Replaces the set of machines to be connected with. Connections to a
  /// machine that is not in it any more, or whose incarnation changed, are
  /// closed; incoming connections are accepted only from machines in it with
  /// the same or a newer incarnation.
  virtual void set_peers(std::vector<peer_address> peers) = 0;
};

/// What the transport tells its machine. Called from the transport's thread,
/// one call at a time; must not block. Frames of a superseded connection are
/// discarded by the transport and never arrive here.
class transport_listener {
public:
  virtual ~transport_listener() = default;

  virtual void on_packet(const peer& from, lane on, packet x) = 0;

  /// Our own outgoing connection to `to` is usable now.
  virtual void on_connected(const peer& to, lane on) = 0;

  /// It is lost, and with it what was queued; no proof that the peer is dead.
  virtual void on_disconnected(const peer& to, lane on) = 0;
};

} // namespace muster
