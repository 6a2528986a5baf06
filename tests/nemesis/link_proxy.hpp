// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "tests/nemesis/proxy_session.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <vector>

namespace muster::nemesis {

/// A directed link: where one machine dials another, and how that goes.
///
/// Not thread-safe; belongs to the thread of its io_context, and must outlive
/// that thread.
class link_proxy {
public:
  using tcp = boost::asio::ip::tcp;

  /// Listens on a port of loopback, 0 = any, and connects whoever comes with
  /// the port `to_port`.
  /// Error: `in_use` names the port.
  static result<std::unique_ptr<link_proxy>>
  open(boost::asio::io_context& io, uint16_t port, uint16_t to_port);

  uint16_t port() const;

  void set_faults(link_faults x);

  /// Sums over all connections so far.
  const proxy_session::counters& count() const {
    return count_;
  }

private:
  link_proxy(tcp::acceptor acceptor, uint16_t to_port);

  void accept();
  void begin(tcp::socket accepted);
  void forget_closed();

  tcp::acceptor acceptor_;
  tcp::endpoint to_;
  link_faults faults_;
  proxy_session::counters count_;
  /// Those that are open: a stalled one has no handler that would hold it.
  std::vector<std::shared_ptr<proxy_session>> sessions_;
};

} // namespace muster::nemesis
