// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/http/options.hpp"
#include "runtime/machine.hpp"

#include <memory>
#include <string>

namespace boost::asio {

class io_context;

} // namespace boost::asio

namespace muster::http {

/// The HTTP/JSON interface of a machine, described by `docs/openapi.yaml`.
///
/// Life: `start`, then `stop` while the io_context still runs, then destroyed;
/// then the machine, then the io_context. The io_context is run by exactly one
/// thread, and not by one that calls `stop`. No call to the machine that may
/// block is made on that thread.
///
/// Every limit is in `options`.
class server {
public:
  /// Opens the listener; requests are answered as soon as `io` runs.
  /// Errors: `invalid_argument` (host), `in_use` (port), `io`.
  static result<std::unique_ptr<server>> start(boost::asio::io_context& io,
                                               machine& node, options config);

  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// host:port that it listens on.
  const std::string& address() const;

  /// Takes no more connections and requests, lets those being answered end
  /// for at most `options::stop_timeout`, cuts watches. Blocks.
  void stop();

private:
  struct impl;

  explicit server(std::unique_ptr<impl> x);

  std::unique_ptr<impl> impl_;
};

} // namespace muster::http
