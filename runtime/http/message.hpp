// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/subscription.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace muster::http {

enum class method : uint8_t { get, put, post, erase, other };

/// A request as routes see it. The server fills in everything but `path` and
/// `query`, which the router takes from `target`.
struct request {
  method verb = method::other;
  std::string target;
  /// Header fields, empty if absent.
  std::string authorization;
  std::string idempotency_key;
  std::string last_event_id;
  std::string body;
  std::chrono::steady_clock::time_point arrived;

  /// Decoded, begins with `/`.
  std::string path;
  std::map<std::string, std::string> query;

  /// Nothing if the parameter is absent.
  const std::string* parameter(const std::string& name) const {
    auto found = query.find(name);
    return found == query.end() ? nullptr : &found->second;
  }
};

struct response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Instead of a body: events until either side has had enough.
  std::shared_ptr<subscription> events;
};

/// Called exactly once, from any thread.
using responder = std::function<void(response)>;

} // namespace muster::http
