// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "runtime/http/deadline.hpp"
#include "runtime/http/duration.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/routes.hpp"
#include "runtime/sessions/sessions.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";
constexpr std::string_view records_part = "/records/";

int64_t milliseconds_of(nanoseconds x) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(x).count();
}

json session_json(const user_session& x) {
  return {{"id", x.id},
          {"ttl_ms", milliseconds_of(x.ttl)},
          {"opened_at", x.opened_at.value},
          {"label", x.label}};
}

json view_json(const session_view& x) {
  auto out = session_json(x.what);
  out["bound"] = json::array();
  for (auto& r : x.bound)
    out["bound"].push_back(r.key);
  return out;
}

response body_of(const json& x) {
  response out;
  out.body = to_text(x);
  return out;
}

std::string text_of(const request& x, const std::string& name) {
  auto found = x.parameter(name);
  return found ? *found : std::string{};
}

/// What stands behind `/v1/sessions/`; nothing if that is not there.
std::string rest_of(const request& x) {
  return x.path.size() > sessions_path.size() + 1
           ? x.path.substr(sessions_path.size() + 1)
           : std::string{};
}

/// A session's id, which is all of the rest.
result<std::string> id_of(const request& x) {
  auto rest = rest_of(x);
  if (rest.empty() || rest.find('/') != std::string::npos)
    return error{errc::not_found, "no such path: " + x.path};
  return rest;
}

response list(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto found = list_sessions(context.node, *left);
  if (!found)
    return problem(found.failure());
  auto out = json::array();
  for (auto& each : *found)
    out.push_back(view_json(each));
  return body_of(out);
}

response show(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto id = id_of(x);
  if (!id)
    return problem(id.failure());
  auto found = find_session(context.node, *id, *left);
  return found ? body_of(view_json(*found)) : problem(found.failure());
}

response open(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto ttl = parse_timeout(text_of(x, "ttl"));
  if (!ttl)
    return problem(
      error{errc::invalid_argument, "`ttl` is a duration such as 10s or 1m"});
  auto opened = open_session(
    context.node, {text_of(x, "id"), *ttl, {}, text_of(x, "label")}, *left);
  return opened ? body_of(session_json(*opened)) : problem(opened.failure());
}

response renew(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto id = id_of(x);
  if (!id)
    return problem(id.failure());
  auto renewed = renew_session(context.node, *id, *left);
  return renewed ? body_of(session_json(*renewed)) : problem(renewed.failure());
}

response end(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto id = id_of(x);
  if (!id)
    return problem(id.failure());
  if (auto done = end_session(context.node, *id, *left); !done)
    return problem(done.failure());
  return body_of({{"id", *id}, {"ended", true}});
}

/// PUT `/v1/sessions/<id>/records/<key>`.
response put_bound(const routes_context& context, const request& x) {
  auto rest = rest_of(x);
  auto at = rest.find('/');
  if (at == std::string::npos
      || rest.compare(at, records_part.size(), records_part) != 0)
    return problem(error{errc::not_found, "no such path: " + x.path});
  auto id = rest.substr(0, at);
  auto key = rest.substr(at + records_part.size() - 1);
  if (auto checked = check_key(key); !checked)
    return problem(checked.failure());
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  command what;
  if (auto added = add_guards(x, key, what); !added)
    return problem(added.failure());
  what.operations.push_back({operation_kind::put, key, x.body});
  auto done = submit_bound(context.node, std::move(what), id, *left);
  return done ? response_of(*done) : problem(done.failure());
}

using handler = response (*)(const routes_context&, const request&);

void add(router& out, const routes_context& context, method verb, bool subtree,
         std::vector<std::string> parameters, handler run) {
  out.add({.verb = verb,
           .path = std::string{sessions_path},
           .subtree = subtree,
           .how = route::execution::worker,
           .parameters = std::move(parameters),
           .run = [context, run](const request& x, const responder& then) {
             then(run(context, x));
           }});
}

/// One path for both: a session is named or it is not.
template <handler All, handler One>
response either(const routes_context& context, const request& x) {
  return x.path.size() > sessions_path.size() + 1 ? One(context, x)
                                                  : All(context, x);
}

} // namespace

void add_session_routes(router& out, const routes_context& context) {
  add(out, context, method::get, true, {"timeout"}, either<list, show>);
  add(out, context, method::post, true, {"id", "ttl", "label", "timeout"},
      either<open, renew>);
  add(out, context, method::erase, true, {"timeout"}, end);
  add(out, context, method::put, true, {"timeout", "if_version", "if_absent"},
      put_bound);
}

} // namespace muster::http
