// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/cluster_view.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/status_text.hpp"
#include "registry/key.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <thread>

namespace muster::cli {

namespace {

/// Every shard of the prefix is fetched.
constexpr std::chrono::milliseconds mirror_timeout{30'000};

constexpr std::chrono::seconds watch_period{1};

/// Clears the terminal and goes to its top.
constexpr const char* clear_screen = "\033[H\033[2J";

struct status_options {
  bool shards = false;
  bool watch = false;
};

exit_code show_status_once(const globals& x, const status_options& how) {
  return on_server(x, ordinary_timeout, attempt{"status"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(
                       to, {.target = "/v1/status", .timeout = end.left()},
                       {"machines", "shards"});
                     if (!found)
                       return found.failure();
                     auto view = cluster_view(std::move(*found), end);
                     if (x.json)
                       return print(http::to_text(view) + "\n");
                     auto text = status_text(view, how.shards);
                     return print(how.watch ? clear_screen + text : text);
                   });
}

/// Until Ctrl-C, a closed output or the end of `--timeout`.
exit_code show_status(const globals& x, const status_options& how) {
  auto end = deadline{x.timeout.value_or(std::chrono::hours{24})};
  for (;;) {
    auto shown = show_status_once(x, how);
    if (!how.watch || shown == exit_code::failed)
      return shown;
    std::this_thread::sleep_for(
      std::min<std::chrono::milliseconds>(watch_period, end.left()));
    if (end.over())
      return exit_code::ok;
  }
}

exit_code change_mirror(const globals& x, const std::string& prefix, bool pin) {
  attempt trying{pin ? "mirror" : "unmirror", prefix};
  auto normalized = normalize_prefix(prefix);
  if (!normalized)
    return report(x, normalized.failure(), trying);
  return on_server(
    x, mirror_timeout, trying,
    [&](http_caller& to, const deadline& end) -> status {
      auto target = "/v1/mirrors?prefix=" + http::percent_encode(*normalized);
      call request{.method = pin ? "POST" : "DELETE",
                   .target = pin ? target + "&" + timeout_parameter(end)
                                 : target,
                   .timeout = end.left()};
      auto done = call_json(to, request);
      if (!done && done.failure().code == errc::not_found)
        trying.next = "name the machine that pins it: --machine";
      if (!done)
        return done.failure();
      return print(
        x.json ? http::to_text(*done) + "\n"
               : show(*done, "machine")
                   + (pin ? " holds a copy of " : " holds no pinned copy of ")
                   + show(*done, "prefix") + "\n");
    });
}

exit_code show_config(const globals& x) {
  return on_server(x, ordinary_timeout, attempt{"config show"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(to, {.target = "/v1/config",
                                                 .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     if (x.json)
                       return print(http::to_text(*found) + "\n");
                     table out{{"NAME", "VALUE", "ORIGIN"}};
                     for (auto& each : *found)
                       out.add({show(each, "name"), show(each, "value"),
                                show(each, "origin")});
                     return print(out.text());
                   });
}

void add_mirror(CLI::App& app, invocation& to, bool pin) {
  auto command = app.add_subcommand(
    pin ? "mirror" : "unmirror",
    pin ? "Pin a local copy of a prefix on a machine, also over its restarts"
        : "Drop a pinned copy");
  auto prefix = std::make_shared<std::string>();
  command->add_option("prefix", *prefix, "such as /machines/")->required();
  command->callback([prefix, pin, &to] {
    to.run = [prefix, pin, &to] {
      return change_mirror(to.common, *prefix, pin);
    };
  });
}

} // namespace

void add_cluster_commands(CLI::App& app, invocation& to) {
  auto status = app.add_subcommand("status", "Show machines and shards");
  auto how = std::make_shared<status_options>();
  status->add_flag("--shards", how->shards, "one line a shard");
  status->add_flag("--watch", how->watch, "again every second");
  status->callback([how, &to] {
    to.run = [how, &to] { return show_status(to.common, *how); };
  });

  add_mirror(app, to, true);
  add_mirror(app, to, false);

  auto config = app.add_subcommand("config", "A machine's configuration");
  config->require_subcommand(1);
  config->fallthrough();
  config->add_subcommand("show", "Each value and where it comes from")
    ->callback([&to] { to.run = [&to] { return show_config(to.common); }; });
}

} // namespace muster::cli
