// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace muster {

/// What the transport counts since its start, for metrics and tests. Any thread
/// may read; a `_now` goes up and down, all others only grow.
struct transport_probe {
  using counter = std::atomic<uint64_t>;

  counter bytes_sent{0};
  counter bytes_received{0};
  counter batches_sent{0};
  counter batches_received{0};
  counter packets_received{0};

  /// Packets that `send` refused: full outbox, or too large for a frame.
  counter packets_overloaded{0};
  counter packets_too_large{0};

  /// Packets that waited on a connection that was lost.
  counter packets_dropped{0};

  /// A batch had to wait for credit.
  counter credit_stalls{0};

  counter dials{0};
  counter dials_failed{0};
  counter connections_lost{0};
  counter connections_superseded{0};
  counter accepted{0};

  /// Accepted connections now, and those of them without a valid hello.
  counter inbound_now{0};
  counter unauthenticated_now{0};

  /// Closed at once: a cap on connections was reached.
  counter refused_by_cap{0};

  /// Closed after TLS or the hello, see `refusal`; also counted when a peer
  /// refused us.
  counter refused{0};

  counter tls_failures{0};
  counter handshake_timeouts{0};
  counter io_timeouts{0};

  /// Connections closed because of their bytes: all, and by kind.
  counter malformed{0};
  counter oversize_frames{0};
  counter bad_checksums{0};
  counter unknown_frames{0};
  counter bad_payloads{0};
  counter credit_violations{0};

  /// Connections that ended within a frame.
  counter half_frames{0};

  static void add(counter& x, uint64_t n = 1) {
    x.fetch_add(n, std::memory_order_relaxed);
  }

  static void sub(counter& x) {
    x.fetch_sub(1, std::memory_order_relaxed);
  }
};

} // namespace muster
