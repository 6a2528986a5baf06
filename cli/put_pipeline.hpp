// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "cli/load_line.hpp"

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace muster::cli {

/// Puts many records, several at a time, over kept connections.
///
/// Two records of one key are put one after the other, so the later line
/// stands. Each put has an id of its own (`Idempotency-Key`) and is sent again
/// with it while the machine is unavailable or silent, so it applies once.
///
/// Life: `put` again and again, then `finish`. After the first error nothing
/// new is begun. Not thread-safe.
class put_pipeline {
public:
  /// @param parallel  most puts at a time, at least 1
  put_pipeline(server_address to, size_t parallel, deadline end);

  put_pipeline(const put_pipeline&) = delete;
  put_pipeline& operator=(const put_pipeline&) = delete;

  ~put_pipeline();

  /// Begins a put as soon as there is a place. @returns false after an error
  /// @param line  for its error and its id
  bool put(size_t line, loaded_record x);

  /// Waits for all that began. @returns the first error, by line
  status finish();

  /// How many puts were acknowledged.
  size_t applied() const {
    return applied_;
  }

  /// How many may have been applied besides.
  size_t unknown() const {
    return unknown_;
  }

  /// `2 records, and perhaps 1 more`; empty: none.
  std::string applied_text() const;

private:
  struct transfer;

  void begin(transfer& x);
  void run_once();
  void complete(transfer& x, CURLcode code);
  void fail(const transfer& x, const error& why);
  void wait_for(const std::function<bool()>& condition);

  server_address to_;
  size_t parallel_;
  deadline end_;
  std::string run_id_;
  CURLM* multi_;
  std::vector<std::unique_ptr<transfer>> transfers_;
  std::set<std::string> keys_;
  size_t in_flight_ = 0;
  size_t applied_ = 0;
  size_t unknown_ = 0;
  size_t failed_line_ = SIZE_MAX;
  std::optional<error> failure_;
};

} // namespace muster::cli
