// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "runtime/http/duration.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace muster::cli {

namespace {

const std::string sessions_target = "/v1/sessions";

std::string target_of(const std::string& id, const deadline& end) {
  return sessions_target + "/" + http::percent_encode(id) + "?"
         + timeout_parameter(end);
}

std::string ttl_of(const json& x) {
  if (!x.is_object() || !x.contains("ttl_ms")
      || !x["ttl_ms"].is_number_integer())
    return "-";
  auto ms = x["ttl_ms"].get<int64_t>();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s"
                        : std::to_string(ms) + " ms";
}

struct session_request {
  std::string id;
  std::string ttl = "10s";
  std::string label;
};

exit_code create(const globals& x, const session_request& y) {
  return on_server(x, ordinary_timeout, attempt{"session create", y.id},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto target = sessions_target + "?"
                                   + timeout_parameter(end)
                                   + "&ttl=" + http::percent_encode(y.ttl);
                     if (!y.id.empty())
                       target += "&id=" + http::percent_encode(y.id);
                     if (!y.label.empty())
                       target += "&label=" + http::percent_encode(y.label);
                     auto opened = call_json(to, {.method = "POST",
                                                  .target = std::move(target),
                                                  .timeout = end.left()});
                     if (!opened)
                       return opened.failure();
                     if (x.json)
                       return print(http::to_text(*opened) + "\n");
                     auto id = show(*opened, "id");
                     say("renew it in time: muster session renew " + id);
                     return print(id + "\n");
                   });
}

exit_code renew(const globals& x, const std::string& id) {
  return on_server(x, ordinary_timeout, attempt{"session renew", id},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto done = call_json(to, {.method = "POST",
                                                .target = target_of(id, end),
                                                .timeout = end.left()});
                     if (!done)
                       return done.failure();
                     return print(x.json ? http::to_text(*done) + "\n"
                                         : "session " + id + " lives for "
                                             + ttl_of(*done) + "\n");
                   });
}

exit_code end_session(const globals& x, const std::string& id) {
  return on_server(x, ordinary_timeout, attempt{"session end", id},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto done = call_json(to, {.method = "DELETE",
                                                .target = target_of(id, end),
                                                .timeout = end.left()});
                     if (!done)
                       return done.failure();
                     return print(x.json ? http::to_text(*done) + "\n"
                                         : "session " + id + " has ended\n");
                   });
}

status print_sessions(const globals& x, const json& found) {
  if (x.json)
    return print(http::to_text(found) + "\n");
  table out{{"SESSION", "TTL", "OPENED AT", "LABEL", "BOUND"}};
  for (auto& each : found)
    out.add({show(each, "id"), ttl_of(each), show(each, "opened_at"),
             text_of(each, "label"), strings_of(each, "bound", " ")});
  return print(out.text());
}

exit_code list(const globals& x) {
  return on_server(x, ordinary_timeout, attempt{"session list"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(to,
                                            {.target = sessions_target + "?"
                                                       + timeout_parameter(end),
                                             .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     return print_sessions(x, *found);
                   });
}

exit_code show_one(const globals& x, const std::string& id) {
  return on_server(
    x, ordinary_timeout, attempt{"session show", id},
    [&](http_caller& to, const deadline& end) -> status {
      auto found = call_json(
        to, {.target = target_of(id, end), .timeout = end.left()}, {"bound"});
      if (!found)
        return found.failure();
      if (x.json)
        return print(http::to_text(*found) + "\n");
      return print_sessions(x, json::array({*found}));
    });
}

using one_session = exit_code (*)(const globals&, const std::string&);

void add_one(CLI::App& group, invocation& to, const char* name,
             const char* about, one_session act) {
  auto command = group.add_subcommand(name, about);
  auto id = std::make_shared<std::string>();
  command->add_option("session", *id, "its id")->required();
  command->callback([id, act, &to] {
    to.run = [id, act, &to] { return act(to.common, *id); };
  });
}

} // namespace

void add_session_commands(CLI::App& app, invocation& to) {
  auto group = app.add_subcommand(
    "session", "Records that vanish when their owner does not renew");
  group->require_subcommand(1);
  group->fallthrough();
  auto opened = group->add_subcommand("create", "Open a session");
  auto asked = std::make_shared<session_request>();
  opened->add_option("--ttl", asked->ttl, "it ends if not renewed for so long")
    ->capture_default_str();
  opened->add_option("--id", asked->id, "a name of your own; unique");
  opened->add_option("--label", asked->label, "what it is for");
  opened->callback([asked, &to] {
    to.run = [asked, &to] { return create(to.common, *asked); };
  });
  add_one(*group, to, "renew", "It lives for its whole time again", renew);
  add_one(*group, to, "end", "End it; what is bound to it vanishes",
          end_session);
  add_one(*group, to, "show", "One session and what is bound to it", show_one);
  auto all = group->add_subcommand("list", "All sessions");
  all->callback([&to] { to.run = [&to] { return list(to.common); }; });
}

} // namespace muster::cli
