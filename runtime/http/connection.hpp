// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/options.hpp"
#include "runtime/http/router.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

namespace muster::http {

/// What a server knows of a connection that serves itself.
class open_connection {
public:
  virtual ~open_connection() = default;

  /// The server stops: ends now if nothing is being answered, else after the
  /// answer. Only from the io thread.
  virtual void end() = 0;
};

/// What all connections of a server share. The last one to go may outlive the
/// server.
struct shared_state {
  explicit shared_state(options x)
    : config(std::move(x)), workers(config.workers, config.worker_queue_max),
      routes(config, workers) {
    // nop
  }

  const options config;
  worker_pool workers;
  router routes;
  /// Only for the io thread.
  std::set<open_connection*> open;
  bool stopped = false;
  /// How many are open, for the thread that waits in `stop`.
  std::mutex mutex;
  std::condition_variable changed;
  size_t open_count = 0;
};

/// Serves a client until either side has had enough. On the io thread.
void begin_connection(boost::asio::ip::tcp::socket socket,
                      std::shared_ptr<shared_state> shared);

} // namespace muster::http
