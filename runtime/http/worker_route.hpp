// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/json.hpp"
#include "runtime/http/routes.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace muster::http {

/// Answers a request; may block.
using handler = std::function<response(const routes_context&, const request&)>;

/// The same within the time that is left for it; an error becomes a problem.
using timed_handler = std::function<result<json>(
  const routes_context&, const request&, std::chrono::nanoseconds)>;

/// 200 with this body.
response body_of(const json& x);

/// Which request a route is for.
struct route_match {
  method verb;
  std::string path;
  /// Also what lies below the path.
  bool subtree = false;
  std::vector<std::string> parameters = {};
};

/// Adds a route that a thread of the pool runs.
void add_worker_route(router& out, const routes_context& context,
                      route_match what, handler run);

/// The same of one that takes the parameter `timeout`, which is added.
void add_timed_route(router& out, const routes_context& context,
                     route_match what, timed_handler run);

} // namespace muster::http
