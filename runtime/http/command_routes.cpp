// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/command_json.hpp"
#include "runtime/http/deadline.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/parameters.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/routes.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr std::string_view commands_path = "/v1/commands";
constexpr size_t commands_default = 50;
constexpr size_t commands_max = 1'000;

void post_command(const routes_context& context, const request& x,
                  responder then) {
  auto parsed = parse_command(x.body);
  if (!parsed)
    return then(problem(parsed.failure()));
  submit_command(context, x, std::move(*parsed), std::move(then));
}

response list_commands(const routes_context& context, const request& x) {
  auto limit = number_in(x, "limit", commands_max);
  if (!limit)
    return problem(limit.failure());
  auto out = json::array();
  for (auto& each :
       context.node.recent_commands(limit->value_or(commands_default)))
    out.push_back(story_json(each));
  response result;
  result.body = to_text(out);
  return result;
}

response explain_command(const routes_context& context, const request& x) {
  auto left = time_left(x, context.config);
  if (!left)
    return problem(left.failure());
  command_id id{x.path.substr(commands_path.size() + 1)};
  // What is not one of ours is a client's own, as it wrote it.
  if (!is_client_id(id) && origin_of(id) == machine_id{})
    id.value = "=" + id.value;
  auto found = context.node.explain(id, *left);
  if (!found)
    return problem(found.failure());
  response out;
  out.body = to_text(story_json(*found));
  return out;
}

/// The machine fills an empty id in; every other rule is checked before.
status check_unnamed(const machine& node, command& x) {
  auto named = !x.id.value.empty();
  if (!named)
    x.id.value = "unnamed";
  auto done = node.check(x);
  if (!named)
    x.id.value.clear();
  return done;
}

} // namespace

response response_of(const command_answer& x) {
  response out;
  auto body = answer_json(x);
  if (x.what != outcome::committed) {
    auto failed = error_of(x);
    out.status = status_of(failed.code);
    body["error"] = error_json(failed);
  }
  out.body = to_text(body);
  return out;
}

result<submit_options> take_name(const routes_context& context,
                                 const request& from, command& x) {
  submit_options how;
  auto left = time_left(from, context.config);
  if (!left)
    return left.failure();
  how.timeout = *left;
  auto born = number_in(from, "born");
  if (!born)
    return born.failure();
  how.born = sequence{born->value_or(0)};
  if (!from.idempotency_key.empty())
    x.id.value = "=" + from.idempotency_key;
  if (x.id.value.size() > command_id_bytes_max)
    return error{errc::invalid_argument,
                 "Idempotency-Key is longer than "
                   + std::to_string(command_id_bytes_max - 1) + " bytes"};
  return how;
}

void submit_command(const routes_context& context, const request& from,
                    command x, responder then) {
  auto how = take_name(context, from, x);
  if (!how)
    return then(problem(how.failure()));
  if (auto checked = check_unnamed(context.node, x); !checked)
    return then(problem(checked.failure()));
  context.node.submit(std::move(x), *how,
                      [then = std::move(then)](const command_answer& y) {
                        then(response_of(y));
                      });
}

void add_command_routes(router& out, const routes_context& context) {
  out.add({.verb = method::post,
           .path = std::string{commands_path},
           .subtree = false,
           .how = route::execution::inline_,
           .parameters = {"timeout", "born"},
           .run = [context](const request& x, responder then) {
             post_command(context, x, std::move(then));
           }});
  out.add({.verb = method::get,
           .path = std::string{commands_path},
           .subtree = false,
           .how = route::execution::worker,
           .parameters = {"limit"},
           .run = [context](const request& x, const responder& then) {
             then(list_commands(context, x));
           }});
  out.add({.verb = method::get,
           .path = std::string{commands_path},
           .subtree = true,
           .how = route::execution::worker,
           .parameters = {"timeout"},
           .run = [context](const request& x, const responder& then) {
             then(explain_command(context, x));
           }});
}

} // namespace muster::http
