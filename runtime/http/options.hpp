// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace muster {

class allocations;

} // namespace muster

namespace muster::http {

/// Where the HTTP interface of a machine listens and what it puts up with.
struct options {
  /// A numeric address. Anything but loopback lets the network read every
  /// record, since reads need no token and the connection is not encrypted.
  std::string host = "127.0.0.1";

  /// 0: any free port, see `server::address`.
  uint16_t port = 0;

  /// What `Authorization: Bearer` must carry for a write. Never empty.
  std::string token;

  /// The next connection is answered 503 and closed.
  size_t connections_max = 256;

  /// Request line and headers. A key takes up to 3 KiB when percent-encoded.
  uint32_t header_bytes_max = 16 * 1024;

  /// Above the largest command, with its quotes and escapes.
  size_t body_bytes_max = size_t{8} << 20;

  /// From the last answer to the end of the next request's header; an idle
  /// connection is closed after it.
  std::chrono::seconds header_timeout{30};

  /// From the header to the end of the body.
  std::chrono::seconds body_timeout{30};

  /// To send an answer, or one batch of a watch.
  std::chrono::seconds write_timeout{30};

  /// How long a request may take whose `timeout` parameter says nothing, and
  /// the most that it may ask for.
  std::chrono::milliseconds request_timeout{5'000};
  std::chrono::milliseconds request_timeout_max{60'000};

  /// Threads for calls that block: reads, listings, explanations, mirrors.
  size_t workers = 16;

  /// Calls that wait for such a thread; the next one is `overloaded`.
  size_t worker_queue_max = 256;

  /// The largest listing; a larger one is `invalid_argument`.
  size_t list_bytes_max = size_t{64} << 20;

  /// Watches at a time; the next one is `overloaded`.
  size_t watches_max = 64;

  /// What may wait for a slow watcher, which is cut beyond it.
  size_t watch_queue_bytes_max = size_t{8} << 20;

  /// A comment is sent on a silent watch this often, so that both sides
  /// notice a dead connection.
  std::chrono::seconds watch_keep_alive{5};

  /// From `server::stop` to closing what is still being answered.
  std::chrono::milliseconds stop_timeout{2'000};

  /// Finds and reserves resources; outlives the server's last call. Null: the
  /// paths of allocations and of the topology are not there.
  allocations* places = nullptr;

  /// Told of each answer: its status and what it took from the request's end;
  /// called from the io thread. Set by the server.
  std::function<void(unsigned status, std::chrono::nanoseconds)> answered;

  /// The JSON text of `GET /v1/config`; called from a worker thread.
  std::function<std::string()> config_json;
};

} // namespace muster::http
