// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// The certificates that a client uses; PEM files, empty: none.
struct http_identity {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

struct http_request {
  std::string url;
  std::string body;
  /// Whole lines, such as `Authorization: token`.
  std::vector<std::string> headers;
  /// From now to the end of the answer; 0 = no limit (streams).
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds connect_timeout{1000};
  /// The server may get it once at most. libcurl sends a request again if a
  /// connection that it kept open turns out dead, also when the server has
  /// already carried the first one out: such a request gets a connection of
  /// its own.
  bool at_most_once = false;
};

/// How a request ended.
struct http_answer {
  enum class outcome {
    /// `status` and `body` are the server's.
    answered,
    /// Surely no byte of the request reached anyone.
    not_sent,
    /// The server may have got it.
    lost,
  };

  outcome how = outcome::not_sent;
  long status = 0;
  std::string body;
  /// For people, if it was not answered.
  std::string failure;
};

/// POST requests over kept connections, on libcurl's multi interface. It has no
/// thread: its owner calls `run_once` in a loop, and every callback comes from
/// there. Destroying it drops all requests without a callback.
///
/// Not thread-safe, except `wake`.
class http_client {
public:
  using done = std::function<void(http_answer)>;

  /// @returns false to end the stream
  using line = std::function<bool(std::string_view)>;

  /// @param answer_bytes_max  the largest body, or line of a stream; a larger
  ///                          one counts as lost
  http_client(http_identity identity, size_t answer_bytes_max);

  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  ~http_client();

  void post(http_request request, done then);

  /// `each` gets every line of the answer as it comes and must not call this
  /// object; `then` comes when the stream is over.
  /// @returns the stream's number, for `cancel`
  uint64_t stream(http_request request, line each, done then);

  /// Drops a stream without a callback; nothing if it is over already.
  void cancel(uint64_t stream);

  /// Carries on with all requests; waits up to `patience` for something to
  /// happen.
  void run_once(std::chrono::milliseconds patience);

  /// Ends the wait of `run_once`. From any thread.
  void wake();

private:
  struct impl;
  struct transfer;

  std::unique_ptr<impl> impl_;
};

} // namespace muster
