// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/listener_gate.hpp"
#include "runtime/transport/options.hpp"
#include "runtime/transport/probe.hpp"
#include "runtime/transport/tls_context.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace muster {

class connection;

/// What all parts of one transport share. It lives as long as any of them, as
/// a handler that the io_context still holds may outlive the transport.
struct hub {
  hub(boost::asio::io_context& context, transport_options opts,
      tls_context tls_made, event_sink& sink)
    : io(context), options(std::move(opts)), tls(std::move(tls_made)),
      gate(sink) {
    // nop
  }

  boost::asio::io_context& io;
  const transport_options options;
  const tls_context tls;
  transport_probe probe;
  listener_gate gate;

  /// Set once, on the io thread, before anything is dialled or accepted.
  incarnation self_run;

  /// Those that `flush` at the end of the read that is going on, and while
  /// they do; io thread only.
  std::vector<std::shared_ptr<connection>> senders;
  std::vector<std::shared_ptr<connection>> flushing;

  /// The hub for which this thread just now handles received bytes.
  static inline thread_local hub* collecting = nullptr;

  /// Numbers of dialled connections; io thread only.
  uint64_t last_connection_number = 0;
};

inline const char* to_string(lane x) {
  return x == lane::data ? "data" : "lease";
}

inline std::string to_string(const peer& x) {
  return x.id.value + "/" + std::to_string(x.run.value);
}

} // namespace muster
