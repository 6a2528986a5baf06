// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/inventory_commands.hpp"
#include "cli/launch/grow.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/shard_places.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <thread>

namespace muster::cli {

namespace {

constexpr std::chrono::milliseconds move_timeout{60'000};
constexpr std::chrono::milliseconds drain_timeout{600'000};
constexpr std::chrono::milliseconds add_timeout{60'000};
constexpr std::chrono::milliseconds look_pause{300};

result<json> status_of(http_caller& to, const deadline& end) {
  return call_json(to, {.target = "/v1/status", .timeout = end.left()},
                   {"machines", "shards"});
}

/// Looks at the status again and again. @returns `timed_out` with `what`
status wait_until(http_caller& to, const deadline& end, const std::string& what,
                  const std::function<bool(const json&)>& done) {
  for (;;) {
    auto found = status_of(to, end);
    if (found && done(*found))
      return ok();
    if (end.over())
      return found ? error{errc::timed_out, what} : found.failure();
    std::this_thread::sleep_for(std::min(look_pause, end.left()));
  }
}

exit_code move_shard(const globals& x, uint32_t shard, const std::string& to) {
  auto number = std::to_string(shard);
  return on_server(
    x, move_timeout, attempt{"shard move", number},
    [&](http_caller& server, const deadline& end) -> status {
      auto asked = call_json(server,
                             {.method = "POST",
                              .target = "/v1/moves?shard=" + number
                                        + "&to=" + http::percent_encode(to)
                                        + "&" + timeout_parameter(end),
                              .timeout = end.left()});
      if (!asked)
        return asked.failure();
      auto moved = wait_until(
        server, end, "shard " + number + " is still on its way to " + to,
        [&](const json& found) { return is_home(found, shard, to); });
      if (!moved)
        return moved;
      return print(x.json ? http::to_text(*asked) + "\n"
                          : to + " is the primary of shard " + number + "\n");
    });
}

exit_code drain(const globals& x, const std::string& id, bool undo) {
  return on_server(
    x, drain_timeout, attempt{"machine drain", id},
    [&](http_caller& server, const deadline& end) -> status {
      auto asked = call_json(
        server, {.method = undo ? "DELETE" : "POST",
                 .target = "/v1/drains?machine=" + http::percent_encode(id),
                 .timeout = end.left()});
      if (!asked)
        return asked.failure();
      if (undo)
        return print(x.json ? http::to_text(*asked) + "\n"
                            : id + " takes shards again\n");
      size_t told = SIZE_MAX;
      auto empty = wait_until(
        server, end, "shards are still leaving " + id + "; the drain goes on",
        [&](const json& found) {
          auto left = shards_of(found, id);
          if (left != told)
            say(id + ": " + std::to_string(left) + " shards left");
          told = left;
          return left == 0;
        });
      if (!empty)
        return empty;
      return print(x.json ? http::to_text(*asked) + "\n"
                          : id + " holds no shards\n");
    });
}

exit_code remove(const globals& x, const std::string& id, bool force) {
  return on_server(
    x, ordinary_timeout, attempt{"machine remove", id},
    [&](http_caller& server, const deadline& end) -> status {
      auto done = call_json(
        server, {.method = "DELETE",
                 .target = "/v1/machines?machine=" + http::percent_encode(id)
                           + (force ? "&force=true" : ""),
                 .timeout = end.left()});
      if (!done)
        return done.failure();
      auto directory = std::filesystem::absolute(x.dir).lexically_normal();
      if (x.address.empty())
        if (auto gone = launch::forget_machine(directory, id); !gone)
          say("`muster up` would start it again: " + gone.failure().message);
      return print(x.json ? http::to_text(*done) + "\n"
                          : id + " is no member any more\n");
    });
}

exit_code add(const globals& x, const std::string& behind) {
  attempt trying{"machine add"};
  trying.next = "muster doctor" + target_options(x);
  auto directory = std::filesystem::absolute(x.dir).lexically_normal();
  auto added = launch::add_machine(directory, behind);
  if (!added)
    return report(x, added.failure(), trying);
  say("started " + added->id + " in " + directory.string());
  return on_server(
    x, add_timeout, attempt{"machine add"},
    [&](http_caller& server, const deadline& end) -> status {
      auto there = wait_until(
        server, end, added->id + " is started but does not serve yet",
        [&](const json& found) { return is_serving(found, added->id); });
      if (!there)
        return there;
      return print(x.json ? http::to_text(json{{"machine", added->id}}) + "\n"
                          : added->id
                              + " serves; it takes its share of the shards\n");
    });
}

void add_shard_commands(CLI::App& app, invocation& to) {
  auto shard = app.add_subcommand("shard", "Where shards are");
  shard->require_subcommand(1);
  shard->fallthrough();
  auto command = shard->add_subcommand("move", "Make a machine its primary");
  auto number = std::make_shared<uint32_t>(0);
  auto home = std::make_shared<std::string>();
  command->add_option("shard", *number, "its number")->required();
  command->add_option("--to", *home, "the machine, such as m3")->required();
  command->callback([number, home, &to] {
    to.run = [number, home, &to] {
      return move_shard(to.common, *number, *home);
    };
  });
}

void add_machine_commands(CLI::App& app, invocation& to) {
  auto machine = app.add_subcommand("machine", "Machines of the cluster");
  machine->require_subcommand(1);
  machine->fallthrough();
  add_machine_views(*machine, to);
  auto id = std::make_shared<std::string>();
  auto flag = std::make_shared<bool>(false);
  auto leave = machine->add_subcommand("drain", "Let all shards leave it");
  leave->add_option("machine", *id, "such as m2")->required();
  leave->add_flag("--undo", *flag, "it takes shards again");
  leave->callback([id, flag, &to] {
    to.run = [id, flag, &to] { return drain(to.common, *id, *flag); };
  });
  auto end = machine->add_subcommand("remove", "Delete it from the members");
  end->add_option("machine", *id, "such as m2")->required();
  end->add_flag("--force", *flag, "even if it holds shards or is alive");
  end->callback([id, flag, &to] {
    to.run = [id, flag, &to] { return remove(to.common, *id, *flag); };
  });
  auto more = machine->add_subcommand(
    "add", "One more machine, started if --dir is local");
  auto behind = std::make_shared<std::string>();
  more->add_option("--switch", *behind,
                   "that it is put behind (default: the one with the fewest)");
  more->callback([behind, &to] {
    to.run = [behind, &to] { return add(to.common, *behind); };
  });
}

} // namespace

void add_move_commands(CLI::App& app, invocation& to) {
  add_shard_commands(app, to);
  add_machine_commands(app, to);
}

} // namespace muster::cli
