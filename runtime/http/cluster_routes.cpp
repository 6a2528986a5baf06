// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "runtime/http/deadline.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/parameters.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/worker_route.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr const char* mirrors_path = "/v1/mirrors";

response plain(unsigned status, std::string text) {
  response out;
  out.status = status;
  out.content_type = "text/plain; charset=utf-8";
  out.body = std::move(text);
  return out;
}

result<std::string> prefix_of(const request& x) {
  auto text = x.parameter("prefix");
  if (text == nullptr)
    return error{errc::invalid_argument, "`prefix` is missing"};
  return normalize_prefix(*text);
}

response list_mirrors(const routes_context& context, const request&) {
  auto out = json::array();
  for (auto& prefix : context.node.mirrors())
    out.push_back(json{{"prefix", prefix}});
  return body_of(out);
}

response mirror(const routes_context& context, const request& x) {
  auto prefix = prefix_of(x);
  if (!prefix)
    return problem(prefix.failure());
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  if (auto done = context.node.mirror(*prefix, *left); !done)
    return problem(done.failure());
  return body_of({{"prefix", *prefix}, {"machine", context.node.id().value}});
}

response unmirror(const routes_context& context, const request& x) {
  auto prefix = prefix_of(x);
  if (!prefix)
    return problem(prefix.failure());
  if (auto done = context.node.unmirror(*prefix); !done)
    return problem(done.failure());
  return body_of({{"prefix", *prefix}, {"machine", context.node.id().value}});
}

result<machine_id> machine_in(const request& x, const std::string& name) {
  auto text = x.parameter(name);
  if (!text || text->empty())
    return error{errc::invalid_argument, "`" + name + "` is missing"};
  return machine_id{*text};
}

response move(const routes_context& context, const request& x) {
  auto shard = number_in(x, "shard", UINT32_MAX);
  if (!shard)
    return problem(shard.failure());
  if (!*shard)
    return problem(error{errc::invalid_argument, "`shard` is missing"});
  auto to = machine_in(x, "to");
  if (!to)
    return problem(to.failure());
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  auto number = static_cast<uint32_t>(**shard);
  auto done = context.node.move_shard(shard_id{number}, *to, *left);
  if (!done)
    return problem(done.failure());
  return body_of({{"shard", number}, {"to", to->value}});
}

response drain(const routes_context& context, const request& x) {
  auto id = machine_in(x, "machine");
  if (!id)
    return problem(id.failure());
  auto on = x.verb == method::post;
  if (auto done = context.node.drain(*id, on); !done)
    return problem(done.failure());
  return body_of({{"machine", id->value}, {"draining", on}});
}

response remove(const routes_context& context, const request& x) {
  auto id = machine_in(x, "machine");
  if (!id)
    return problem(id.failure());
  auto force = flag_in(x, "force");
  if (!force)
    return problem(force.failure());
  auto done = context.node.remove_machine(*id, *force);
  if (!done)
    return problem(done.failure());
  return body_of({{"machine", id->value}, {"removed", true}});
}

response show_config(const routes_context& context, const request&) {
  response out;
  out.body = context.config.config_json ? context.config.config_json() : "[]";
  return out;
}

response show_metrics(const routes_context& context, const request&) {
  auto out = plain(200, context.node.metrics_text());
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return out;
}

response show_ready(const routes_context& context, const request&) {
  return context.node.ready() ? plain(200, "ready\n")
                              : plain(503, "not ready\n");
}

void add(router& out, const routes_context& context, method verb,
         std::string path, std::vector<std::string> parameters, handler run) {
  add_worker_route(out, context,
                   {verb, std::move(path), false, std::move(parameters)},
                   std::move(run));
}

} // namespace

void add_cluster_routes(router& out, const routes_context& context) {
  add(out, context, method::get, mirrors_path, {}, list_mirrors);
  add(out, context, method::post, mirrors_path, {"prefix", "timeout"}, mirror);
  add(out, context, method::erase, mirrors_path, {"prefix"}, unmirror);
  add(out, context, method::post, "/v1/moves", {"shard", "to", "timeout"},
      move);
  add(out, context, method::post, "/v1/drains", {"machine"}, drain);
  add(out, context, method::erase, "/v1/drains", {"machine"}, drain);
  add(out, context, method::erase, "/v1/machines", {"machine", "force"},
      remove);
  add(out, context, method::get, "/v1/status", {},
      [](const routes_context& c, const request&) {
        return body_of(status_json(c.node.status()));
      });
  add(out, context, method::get, "/v1/config", {}, show_config);
  add(out, context, method::get, "/metrics", {}, show_metrics);
  add(out, context, method::get, "/readyz", {}, show_ready);
  // Answers while every worker is busy: it says that the process lives.
  out.add({.verb = method::get,
           .path = "/healthz",
           .subtree = false,
           .how = route::execution::inline_,
           .parameters = {},
           .run = [](const request&, const responder& then) {
             then(plain(200, "ok\n"));
           }});
}

} // namespace muster::http
