// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/worker_route.hpp"

#include "runtime/http/deadline.hpp"
#include "runtime/http/problem.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace muster::http {

response body_of(const json& x) {
  response out;
  out.body = to_text(x);
  return out;
}

void add_worker_route(router& out, const routes_context& context,
                      route_match what, handler run) {
  out.add({.verb = what.verb,
           .path = std::move(what.path),
           .subtree = what.subtree,
           .how = route::execution::worker,
           .parameters = std::move(what.parameters),
           .run = [context, run = std::move(run)](const request& x,
                                                  const responder& then) {
             then(run(context, x));
           }});
}

void add_timed_route(router& out, const routes_context& context,
                     route_match what, timed_handler run) {
  what.parameters.emplace_back("timeout");
  add_worker_route(out, context, std::move(what),
                   [run = std::move(run)](const routes_context& at,
                                          const request& x) {
                     auto left = time_left(x, at.config);
                     if (!left)
                       return problem(left.failure());
                     auto told = run(at, x, *left);
                     return told ? body_of(*told) : problem(told.failure());
                   });
}

} // namespace muster::http
