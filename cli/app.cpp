// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include "runtime/http/duration.hpp"

#include <CLI/CLI.hpp>
#include <curl/curl.h>

namespace muster::cli {

namespace {

constexpr const char* about
  = "Muster: one coherent registry on a cluster of machines.\n\n"
    "Exit status: 0 ok, 1 error, 2 usage, 3 not found, 4 guard refused,\n"
    "5 unavailable, 6 outcome unknown, 7 denied.";

void add_globals(CLI::App& app, globals& x) {
  app.add_option("-d,--dir", x.dir, "the cluster's directory")
    ->capture_default_str();
  app.add_option("--address", x.address,
                 "host:port of a machine's HTTP interface, instead of --dir");
  app.add_option("--token-file", x.token_file,
                 "the machine's token, with --address (or MUSTER_TOKEN)");
  app.add_option("-m,--machine", x.machine,
                 "who answers, such as m2; else the first machine that lives");
  app
    .add_option_function<std::string>(
      "-o,--output", [&x](const std::string& text) { x.json = text == "json"; },
      "table or json")
    ->check(CLI::IsMember({"table", "json"}));
  app.add_option_function<std::string>(
    "--timeout",
    [&x](const std::string& text) {
      x.timeout = http::parse_timeout(text);
      if (!x.timeout)
        throw CLI::ValidationError("--timeout",
                                   "a duration such as 500ms, 2s or 1m");
    },
    "the whole command ends within this time");
}

} // namespace

int run(int argc, const char* const* argv) {
  invocation what;
  CLI::App app{about, "muster"};
  app.set_version_flag("--version", "muster 0.1.0");
  app.require_subcommand(1);
  // `muster get /a -o json`: what is common may stand behind the command.
  app.fallthrough();
  add_globals(app, what.common);
  add_launch_commands(app, what);
  add_cluster_commands(app, what);
  add_record_commands(app, what);
  add_txn_command(app, what);
  add_session_commands(app, what);
  add_load_command(app, what);
  add_backup_commands(app, what);
  add_watch_command(app, what);
  add_move_commands(app, what);
  add_device_commands(app, what);
  add_agent_commands(app, what);
  add_allocation_commands(app, what);
  add_topology_commands(app, what);
  add_story_commands(app, what);
  add_doctor_command(app, what);
  add_completion_command(app, what);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(exit_code::usage);
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  auto status = what.run();
  curl_global_cleanup();
  return static_cast<int>(status);
}

} // namespace muster::cli
