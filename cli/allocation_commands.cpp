// SPDX-License-Identifier: Apache-2.0
#include "cli/allocation_request.hpp"
#include "cli/allocation_text.hpp"
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace muster::cli {

namespace {

const std::string allocations_target = "/v1/allocations";

/// The first request makes the machine's inventory.
constexpr std::chrono::milliseconds allocation_timeout{20'000};

std::string target_of(const std::string& id, const deadline& end) {
  return allocations_target + "/" + http::percent_encode(id) + "?"
         + timeout_parameter(end);
}

std::string text(const globals& x, const json& answer, const std::string& y) {
  return x.json ? http::to_text(answer) + "\n" : y;
}

/// What the machine says of a request without reserving anything.
result<json> ask_why(http_caller& to, const deadline& end,
                     const request_options& y) {
  auto body = json_of(y);
  if (!body)
    return body.failure();
  body->erase("id");
  return call_json(to,
                   {.method = "POST",
                    .target = allocations_target + "/explain?"
                              + timeout_parameter(end)
                              + (y.dry_run ? "&dry_run" : ""),
                    .body = http::to_text(*body),
                    .timeout = end.left()},
                   {"excluded", "nearest", "best"});
}

status try_dry(const globals& x, http_caller& to, const deadline& end,
               const request_options& y) {
  auto told = ask_why(to, end, y);
  if (!told)
    return told.failure();
  if (auto done = print(text(x, *told, explanation_text(*told))); !done)
    return done;
  if (show(*told, "satisfying") == "0")
    return error{errc::refused, show(*told, "reason")};
  return ok();
}

/// Tells why a request was refused, beside the error.
error refusal(const globals& x, const json& told) {
  auto why = told.contains("explanation") ? told["explanation"] : json{};
  if (x.json)
    static_cast<void>(print(http::to_text(why) + "\n"));
  else
    say(explanation_text(why));
  return {errc::refused, text_of(told["error"], "message")};
}

status reserve(const globals& x, http_caller& to, const deadline& end,
               const request_options& y) {
  auto body = json_of(y);
  if (!body)
    return body.failure();
  auto answered
    = to.send({.method = "POST",
               .target = allocations_target + "?" + timeout_parameter(end),
               .body = http::to_text(*body),
               .timeout = end.left()});
  if (!answered)
    return answered.failure();
  auto told = json_of(*answered);
  if (!told) {
    auto parsed = http::parse_json(answered->body);
    if (told.failure().code == errc::refused && parsed)
      return refusal(x, *parsed);
    return told.failure();
  }
  if (auto n = told->find("not_started");
      n != told->end() && n->is_number_unsigned() && *n != 0)
    say(n->dump() + " machines are not started: they were left out");
  return print(text(x, *told, allocations_text(json::array({*told}))));
}

exit_code create(const globals& x, const request_options& y) {
  attempt trying{"alloc create", y.id};
  trying.next = "muster alloc explain with the same options"
                + target_options(x);
  return on_server(
    x, allocation_timeout, trying, [&](http_caller& to, const deadline& end) {
      auto done = y.dry_run ? try_dry(x, to, end, y) : reserve(x, to, end, y);
      if (!done && done.failure().code != errc::refused)
        trying.next.clear();
      return done;
    });
}

exit_code explain(const globals& x, const request_options& y) {
  return on_server(x, allocation_timeout, attempt{"alloc explain"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto told = ask_why(to, end, y);
                     if (!told)
                       return told.failure();
                     return print(text(x, *told, explanation_text(*told)));
                   });
}

exit_code list(const globals& x) {
  return on_server(x, allocation_timeout, attempt{"alloc list"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(to,
                                            {.target = allocations_target + "?"
                                                       + timeout_parameter(end),
                                             .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     return print(text(x, *found, allocations_text(*found)));
                   });
}

exit_code show_one(const globals& x, const std::string& id) {
  attempt trying{"alloc show", id};
  trying.next = "muster alloc list" + target_options(x);
  return on_server(
    x, allocation_timeout, trying,
    [&](http_caller& to, const deadline& end) -> status {
      auto found = call_json(
        to, {.target = target_of(id, end), .timeout = end.left()}, {"parts"});
      if (!found)
        return found.failure();
      return print(text(x, *found, allocations_text(json::array({*found}))));
    });
}

exit_code release(const globals& x, const std::string& id) {
  attempt trying{"alloc release", id};
  trying.next = "muster alloc list" + target_options(x);
  return on_server(x, allocation_timeout, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     auto done = call_json(to, {.method = "DELETE",
                                                .target = target_of(id, end),
                                                .timeout = end.left()});
                     if (!done)
                       return done.failure();
                     return print(text(x, *done, id + " is released\n"));
                   });
}

exit_code show_topology(const globals& x, bool dot) {
  return on_server(x, allocation_timeout, attempt{"topology show"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto told = call_json(
                       to,
                       {.target = "/v1/topology?" + timeout_parameter(end),
                        .timeout = end.left()},
                       {"places", "links"});
                     if (!told)
                       return told.failure();
                     if (dot)
                       return print(topology_dot(*told));
                     return print(text(x, *told, topology_text(*told)));
                   });
}

using one_allocation = exit_code (*)(const globals&, const std::string&);

void add_one(CLI::App& group, invocation& to, const char* name,
             const char* about, one_allocation act) {
  auto command = group.add_subcommand(name, about);
  auto id = std::make_shared<std::string>();
  command->add_option("allocation", *id, "its id")->required();
  command->callback([id, act, &to] {
    to.run = [id, act, &to] { return act(to.common, *id); };
  });
}

} // namespace

void add_allocation_commands(CLI::App& app, invocation& to) {
  auto group = app.add_subcommand(
    "alloc", "Find and reserve the right storage, cores, memory, GPUs");
  group->require_subcommand(1);
  group->fallthrough();
  auto wanted = std::make_shared<request_options>();
  auto made = group->add_subcommand("create", "Reserve what is wanted");
  add_request_options(*made, *wanted);
  made->add_option("--id", wanted->id,
                   "a name of your own: again with it, the same allocation");
  made->callback([wanted, &to] {
    to.run = [wanted, &to] { return create(to.common, *wanted); };
  });
  auto why = group->add_subcommand(
    "explain", "Why a request gets what it gets; reserves nothing");
  add_request_options(*why, *wanted);
  why->callback([wanted, &to] {
    to.run = [wanted, &to] { return explain(to.common, *wanted); };
  });
  group->add_subcommand("list", "All allocations")->callback([&to] {
    to.run = [&to] { return list(to.common); };
  });
  add_one(*group, to, "show", "One allocation", show_one);
  add_one(*group, to, "release", "Give it back", release);
}

void add_topology_commands(CLI::App& app, invocation& to) {
  auto group = app.add_subcommand("topology", "Who is linked with whom");
  group->require_subcommand(1);
  group->fallthrough();
  auto dot = std::make_shared<bool>(false);
  auto command = group->add_subcommand("show", "All machines and switches");
  command->add_flag("--dot", *dot, "for Graphviz");
  command->callback([dot, &to] {
    to.run = [dot, &to] { return show_topology(to.common, *dot); };
  });
}

} // namespace muster::cli
