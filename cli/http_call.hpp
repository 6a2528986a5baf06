// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/deadline.hpp"
#include "registry/result.hpp"

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

/// A machine's HTTP interface and the right to write there.
struct server_address {
  /// Empty if it was not found out.
  std::string machine;
  /// host:port
  std::string http;
  std::string token;

  /// `m1 (127.0.0.1:7480)`
  std::string text() const;
};

struct call {
  std::string method = "GET";
  /// Path and query, percent-encoded.
  std::string target{};
  std::string body{};
  std::vector<std::string> headers{};
  std::chrono::milliseconds timeout{5000};
  /// The server may get it at most once. libcurl sends again on a kept
  /// connection that turns out dead; without a kept one it does not.
  bool at_most_once = false;
};

struct reply {
  long status = 0;
  std::string body;
};

struct stream_end {
  enum class cause { enough, time_over, by_server };

  long status = 0;
  /// What came after the last whole line, such as a problem in one piece.
  std::string rest;
  cause why = cause::by_server;
};

/// How an easy handle with `prepare` applied ended.
result<reply> outcome_of(CURL* handle, CURLcode code, std::string body,
                         const server_address& to, bool is_write);

/// Blocking HTTP calls to one machine over one kept connection.
///
/// Not thread-safe.
class http_caller {
public:
  explicit http_caller(server_address to);

  http_caller(http_caller&&) = default;

  ~http_caller();

  const server_address& to() const {
    return to_;
  }

  /// Whether the server has ever answered.
  bool answered() const {
    return answered_;
  }

  /// Any answer of a server, also 4xx and 5xx.
  /// Errors: `unavailable` (nothing was sent), `unknown` (a write was sent and
  /// not answered), `timed_out` (a read was not answered).
  result<reply> send(const call& x);

  /// Gives each line to `line` until it returns false, `enough` (asked about
  /// once a second) returns true, the server ends the stream or `x.timeout` is
  /// over, which are all successes; a stream that brings nothing for `silence`
  /// is `unavailable`.
  result<stream_end> stream(const call& x, std::chrono::seconds silence,
                            std::function<bool(std::string_view)> line,
                            std::function<bool()> enough);

private:
  server_address to_;
  std::unique_ptr<CURL, void (*)(CURL*)> handle_;
  bool answered_ = false;
};

/// Sets a fresh handle up for `x`; the answer's body goes to `body`, which
/// must outlive the transfer.
/// @returns the headers, to be kept as long
std::unique_ptr<curl_slist, void (*)(curl_slist*)>
prepare(CURL* handle, const server_address& to, const call& x,
        std::string* body);

} // namespace muster::cli
