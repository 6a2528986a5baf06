// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "runtime/http/duration.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/worker_route.hpp"
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

result<json> list(const routes_context& context, const request&,
                  nanoseconds left) {
  auto found = list_sessions(context.node, left);
  if (!found)
    return found.failure();
  auto out = json::array();
  for (auto& each : *found)
    out.push_back(view_json(each));
  return out;
}

result<json> show(const routes_context& context, const request& x,
                  nanoseconds left) {
  auto id = id_of(x);
  if (!id)
    return id.failure();
  auto found = find_session(context.node, *id, left);
  return found ? result<json>{view_json(*found)} : found.failure();
}

result<json> open(const routes_context& context, const request& x,
                  nanoseconds left) {
  auto ttl = parse_timeout(text_of(x, "ttl"));
  if (!ttl)
    return error{errc::invalid_argument,
                 "`ttl` is a duration such as 10s or 1m"};
  auto opened = open_session(
    context.node, {text_of(x, "id"), *ttl, {}, text_of(x, "label")}, left);
  return opened ? result<json>{session_json(*opened)} : opened.failure();
}

result<json> renew(const routes_context& context, const request& x,
                   nanoseconds left) {
  auto id = id_of(x);
  if (!id)
    return id.failure();
  auto renewed = renew_session(context.node, *id, left);
  return renewed ? result<json>{session_json(*renewed)} : renewed.failure();
}

result<json> end(const routes_context& context, const request& x,
                 nanoseconds left) {
  auto id = id_of(x);
  if (!id)
    return id.failure();
  if (auto done = end_session(context.node, *id, left); !done)
    return done.failure();
  return json{{"id", *id}, {"ended", true}};
}

/// PUT `/v1/sessions/<id>/records/<key>`.
response put_bound(const routes_context& context, const request& x) {
  auto rest = rest_of(x);
  auto at = rest.find('/');
  if (at == std::string::npos
      || rest.compare(at, records_part.size(), records_part) != 0)
    return problem(error{errc::not_found, "no such path: " + x.path});
  auto key = rest.substr(at + records_part.size() - 1);
  if (auto checked = check_key(key); !checked)
    return problem(checked.failure());
  command what;
  if (auto added = add_guards(x, key, what); !added)
    return problem(added.failure());
  auto how = take_name(context, x, what);
  if (!how)
    return problem(how.failure());
  what.operations.push_back({operation_kind::put, key, x.body});
  auto done = submit_bound(context.node, std::move(what), rest.substr(0, at),
                           *how);
  return done ? response_of(*done) : problem(done.failure());
}

using act = result<json> (*)(const routes_context&, const request&,
                             nanoseconds);

/// One path for both: a session is named or it is not.
timed_handler either(act all, act one) {
  return
    [all, one](const routes_context& at, const request& x, nanoseconds left) {
      return rest_of(x).empty() ? all(at, x, left) : one(at, x, left);
    };
}

} // namespace

void add_session_routes(router& out, const routes_context& context) {
  auto of = [](method verb, std::vector<std::string> parameters) {
    return route_match{verb, std::string{sessions_path}, true,
                       std::move(parameters)};
  };
  add_timed_route(out, context, of(method::get, {}), either(list, show));
  add_timed_route(out, context, of(method::post, {"id", "ttl", "label"}),
                  either(open, renew));
  add_timed_route(out, context, of(method::erase, {}), end);
  add_worker_route(
    out, context,
    of(method::put, {"timeout", "if_version", "if_absent", "born"}), put_bound);
}

} // namespace muster::http
