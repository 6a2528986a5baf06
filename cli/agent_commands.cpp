// SPDX-License-Identifier: Apache-2.0
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

struct agent_request {
  std::string name;
  std::string prefix;
  std::vector<std::string> enlist;
  std::string reason;
  bool replace = false;
};

std::string target_of(const std::string& name, const deadline& end) {
  return "/v1/agents/" + http::percent_encode(name) + "?"
         + timeout_parameter(end);
}

std::string enlisted_in(const json& x) {
  auto absent = strings_of(x, "absent", ", ");
  return strings_of(x, "enlist", ", ")
         + (absent.empty() ? "" : " (absent: " + absent + ")");
}

std::string reason_in(const json& x) {
  return x.contains("ignored") ? "ignored: " + show(x, "ignored")
                               : show(x, "reason");
}

exit_code add_agent(const globals& x, const agent_request& y) {
  attempt trying{"agent add", y.name};
  return on_server(
    x, ordinary_timeout, trying,
    [&](http_caller& to, const deadline& end) -> status {
      json body{
        {"prefix", y.prefix}, {"enlist", y.enlist}, {"reason", y.reason}};
      auto done = call_json(
        to,
        {.method = "PUT",
         .target = target_of(y.name, end) + (y.replace ? "&replace" : ""),
         .body = http::to_text(body),
         .timeout = end.left()},
        {"unaware"});
      if (!done) {
        if (done.failure().code == errc::refused)
          trying.next = "muster agent show " + y.name + target_options(x)
                        + ", or add it with --replace";
        return done.failure();
      }
      if (auto unaware = strings_of(*done, "unaware", ", "); !unaware.empty())
        say("out of reach, and without it until they are back: " + unaware);
      return print(x.json ? http::to_text(*done) + "\n"
                          : y.name + " is in force, version "
                              + show(*done, "version") + "\n");
    });
}

exit_code remove_agent(const globals& x, const std::string& name) {
  return on_server(x, ordinary_timeout, attempt{"agent remove", name},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto done = call_json(to, {.method = "DELETE",
                                                .target = target_of(name, end),
                                                .timeout = end.left()});
                     if (!done)
                       return done.failure();
                     return print(x.json ? http::to_text(*done) + "\n"
                                         : name + " is removed\n");
                   });
}

status print_agents(const globals& x, const json& told, const json& all) {
  if (x.json)
    return print(http::to_text(told) + "\n");
  table out{{"NAME", "PREFIX", "ENLISTS", "REASON"}};
  for (auto& each : all)
    out.add({show(each, "name"), show(each, "prefix"), enlisted_in(each),
             reason_in(each)});
  return print(out.text());
}

exit_code list_agents(const globals& x) {
  return on_server(x, ordinary_timeout, attempt{"agent list"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(
                       to, {.target = "/v1/agents?" + timeout_parameter(end),
                            .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     return print_agents(x, *found, *found);
                   });
}

exit_code show_agent(const globals& x, const std::string& name) {
  return on_server(x, ordinary_timeout, attempt{"agent show", name},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(to, {.target = target_of(name, end),
                                                 .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     return print_agents(x, *found, json::array({*found}));
                   });
}

void add_add(CLI::App& agent, invocation& to) {
  auto what = std::make_shared<agent_request>();
  auto add = agent.add_subcommand(
    "add", "Enlist machines in every command on a prefix");
  add->add_option("name", what->name, "of the policy")->required();
  add->add_option("--prefix", what->prefix, "such as /billing/")->required();
  add->add_option("--enlist", what->enlist, "machines, such as m5,m6")
    ->delimiter(',')
    ->required();
  add->add_option("--reason", what->reason, "as explain prints it")->required();
  add->add_flag("--replace", what->replace, "a policy of that name");
  add->callback([what, &to] {
    to.run = [what, &to] { return add_agent(to.common, *what); };
  });
}

} // namespace

void add_agent_commands(CLI::App& app, invocation& to) {
  auto agent = app.add_subcommand(
    "agent", "Policy agents: machines that take part in commands by name");
  agent->require_subcommand(1);
  agent->fallthrough();
  add_add(*agent, to);
  agent->add_subcommand("list", "All policies in force")->callback([&to] {
    to.run = [&to] { return list_agents(to.common); };
  });
  auto name = std::make_shared<std::string>();
  auto one = agent->add_subcommand("show", "One policy");
  one->add_option("name", *name, "its name")->required();
  one->callback([name, &to] {
    to.run = [name, &to] { return show_agent(to.common, *name); };
  });
  auto end = agent->add_subcommand("remove", "Remove a policy");
  end->add_option("name", *name, "its name")->required();
  end->callback([name, &to] {
    to.run = [name, &to] { return remove_agent(to.common, *name); };
  });
}

} // namespace muster::cli
