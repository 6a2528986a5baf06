// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/deadline.hpp"
#include "runtime/http/parameters.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/worker_route.hpp"
#include "runtime/placement/allocations.hpp"
#include "runtime/placement/request_json.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr std::string_view allocations_path = "/v1/allocations";

json allocation_json(const allocation& x) {
  auto& first = x.parts.front().where;
  json out{{"id", x.id},
           {"machine", first.machine.value},
           {"device", first.device},
           {"by", x.by.value}};
  out["parts"] = json::array();
  for (auto& part : x.parts)
    out["parts"].push_back(json_of(part));
  out["request"] = json_of(x.wanted);
  return out;
}

/// What stands behind `/v1/allocations/`.
result<std::string> id_of(const request& x) {
  auto out = x.path.size() > allocations_path.size() + 1
               ? x.path.substr(allocations_path.size() + 1)
               : std::string{};
  if (out.empty() || out.find('/') != std::string::npos)
    return error{errc::not_found, "no such path: " + x.path};
  return out;
}

/// `{"id": ..., ...}` with the members of a QoS object.
result<allocation_request> request_in(const request& x) {
  auto parsed = parse_json(x.body);
  if (!parsed)
    return parsed.failure();
  allocation_request out;
  if (parsed->is_object() && parsed->contains("id")) {
    auto& id = (*parsed)["id"];
    if (id.is_string())
      out.id = id.get<std::string>();
    if (out.id.empty())
      return error{errc::invalid_argument, "id: a string that is not empty"};
    parsed->erase("id");
  }
  auto wanted = parse_qos(*parsed);
  if (!wanted)
    return wanted.failure();
  out.wanted = std::move(*wanted);
  return out;
}

response refusal_of(const placing& x) {
  error why{errc::refused, x.reason};
  response out;
  out.status = status_of(why.code);
  json body{{"error", error_json(why)}};
  body["error"]["next"] = "POST the same to /v1/allocations/explain?dry_run";
  body["explanation"] = json_of(x.why);
  body["not_started"] = x.not_started;
  body["attempts"] = x.attempts;
  out.body = to_text(body);
  return out;
}

response create(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto what = request_in(x);
  if (!what)
    return problem(what.failure());
  auto done = context.config.places->create(std::move(*what), *left);
  if (!done)
    return problem(done.failure());
  if (!done->made)
    return refusal_of(*done);
  auto out = allocation_json(*done->made);
  out["found"] = done->found;
  out["attempts"] = done->attempts;
  out["not_started"] = done->not_started;
  return body_of(out);
}

result<json> explain(const routes_context& context, const request& x,
                     std::chrono::nanoseconds left) {
  auto what = request_in(x);
  if (!what)
    return what.failure();
  auto dry_run = flag_in(x, "dry_run");
  if (!dry_run)
    return dry_run.failure();
  auto told = context.config.places->explain(what->wanted, *dry_run, left);
  if (!told)
    return told.failure();
  auto out = json_of(*told);
  out["dry_run"] = *dry_run;
  if (told->satisfying == 0)
    out["reason"] = refusal_text(*told);
  return out;
}

result<json> list(const routes_context& context, const request&,
                  std::chrono::nanoseconds left) {
  auto found = context.config.places->list(left);
  if (!found)
    return found.failure();
  auto out = json::array();
  for (auto& each : *found)
    out.push_back(allocation_json(each));
  return out;
}

result<json> show(const routes_context& context, const request& x,
                  std::chrono::nanoseconds left) {
  auto id = id_of(x);
  if (!id)
    return id.failure();
  auto found = context.config.places->find(*id, left);
  return found ? result<json>{allocation_json(*found)} : found.failure();
}

result<json> release(const routes_context& context, const request& x,
                     std::chrono::nanoseconds left) {
  auto id = id_of(x);
  if (!id)
    return id.failure();
  if (auto done = context.config.places->release(*id, left); !done)
    return done.failure();
  return json{{"id", *id}, {"released", true}};
}

result<json> topology(const routes_context& context, const request&,
                      std::chrono::nanoseconds left) {
  auto told = context.config.places->links(left);
  if (!told)
    return told.failure();
  json out{{"places", json::array()}, {"links", json::array()}};
  for (auto& x : told->places)
    out["places"].push_back({{"name", x.name},
                             {"kind", x.machine ? "machine" : "switch"},
                             {"started", x.started}});
  for (auto& [a, b] : told->links)
    out["links"].push_back({told->places[a].name, told->places[b].name});
  return out;
}

} // namespace

void add_allocation_routes(router& out, const routes_context& context) {
  const std::string path{allocations_path};
  add_worker_route(out, context, {method::post, path, false, {"timeout"}},
                   create);
  add_timed_route(out, context,
                  {method::post, path + "/explain", false, {"dry_run"}},
                  explain);
  add_timed_route(out, context, {method::get, path}, list);
  add_timed_route(out, context, {method::get, path, true}, show);
  add_timed_route(out, context, {method::erase, path, true}, release);
  add_timed_route(out, context, {method::get, "/v1/topology"}, topology);
}

} // namespace muster::http
