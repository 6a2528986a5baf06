// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/story_text.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace muster::cli {

namespace {

status print_story(const globals& x, const json& story) {
  return print(x.json ? http::to_text(story) + "\n" : story_text(story));
}

exit_code explain(const globals& x, const std::string& id) {
  return on_server(x, ordinary_timeout, attempt{"explain", id},
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.target = "/v1/commands/"
                                            + http::percent_encode(id) + "?"
                                            + timeout_parameter(end),
                                  .timeout = end.left()};
                     auto story = call_json(to, request, {"participants"});
                     if (!story)
                       return story.failure();
                     return print_story(x, *story);
                   });
}

exit_code list_commands(const globals& x, size_t limit) {
  return on_server(x, ordinary_timeout, attempt{"commands"},
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.target = "/v1/commands?limit="
                                            + std::to_string(limit),
                                  .timeout = end.left()};
                     auto found = call_json(to, request);
                     if (!found)
                       return found.failure();
                     return print(x.json ? http::to_text(*found) + "\n"
                                         : stories_text(*found));
                   });
}

} // namespace

void add_story_commands(CLI::App& app, invocation& to) {
  auto list = app.add_subcommand(
    "commands",
    "List the commands in flight at a machine, and the latest that ended");
  auto limit = std::make_shared<size_t>(20);
  list->add_option("--limit", *limit, "how many")
    ->check(CLI::Range(1, 1000))
    ->capture_default_str();
  list->callback([limit, &to] {
    to.run = [limit, &to] { return list_commands(to.common, *limit); };
  });

  auto one = app.add_subcommand(
    "explain", "Tell a command's story: who took part, and why");
  auto id = std::make_shared<std::string>();
  one->add_option("id", *id, "as put, load or commands print it")->required();
  one->callback(
    [id, &to] { to.run = [id, &to] { return explain(to.common, *id); }; });
}

} // namespace muster::cli
