// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_code.hpp"
#include "cli/globals.hpp"

#include <functional>

namespace CLI {
class App;
} // namespace CLI

namespace muster::cli {

/// What the arguments ask for: filled in while they are parsed, run after.
struct invocation {
  globals common;
  std::function<exit_code()> run;
};

// Each adds its subcommands to the app. Both arguments outlive the app.

/// put, get, del, ls
void add_record_commands(CLI::App& app, invocation& to);
/// txn
void add_txn_command(CLI::App& app, invocation& to);
/// session create, renew, end, show, list
void add_session_commands(CLI::App& app, invocation& to);
/// load
void add_load_command(CLI::App& app, invocation& to);
/// backup create, backup restore
void add_backup_commands(CLI::App& app, invocation& to);
/// watch
void add_watch_command(CLI::App& app, invocation& to);
/// status, mirror, unmirror, config show
void add_cluster_commands(CLI::App& app, invocation& to);
/// shard move, machine drain, machine remove, machine add, machine list,
/// machine show
void add_move_commands(CLI::App& app, invocation& to);
/// device list
void add_device_commands(CLI::App& app, invocation& to);
/// agent add, agent list, agent show, agent remove
void add_agent_commands(CLI::App& app, invocation& to);
/// alloc create, alloc list, alloc show, alloc release, alloc explain
void add_allocation_commands(CLI::App& app, invocation& to);
/// topology show
void add_topology_commands(CLI::App& app, invocation& to);
/// commands, explain
void add_story_commands(CLI::App& app, invocation& to);
/// up, down
void add_launch_commands(CLI::App& app, invocation& to);
/// doctor
void add_doctor_command(CLI::App& app, invocation& to);
/// completion
void add_completion_command(CLI::App& app, invocation& to);

/// The whole `muster` command. Data on stdout, talk on stderr.
/// @returns the exit status
int run(int argc, const char* const* argv);

} // namespace muster::cli
