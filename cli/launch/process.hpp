// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace muster::launch {

/// A process, so that another one with the same number is not taken for it:
/// the number, when it began (clock ticks since boot), and what it runs. Lies
/// in `process.json` of its folder while it is thought to run.
struct process_record {
  pid_t pid = 0;
  uint64_t start_ticks = 0;
  std::string program;
};

struct spawn_options {
  /// Absolute.
  std::string program;
  std::vector<std::string> arguments;
  /// Standard output and error are appended to it.
  std::filesystem::path log_file;
  /// True: it outlives this process, without its terminal. False: it gets
  /// SIGTERM when this process ends, however that happens; Ctrl-C does not
  /// reach it.
  bool detach = false;
};

/// The program inherits no descriptor but its three standard ones.
/// Error: `io` names the program and the system's reason.
result<process_record> spawn(const spawn_options& how);

/// Whether exactly this process runs.
bool is_alive(const process_record& x);

/// Sends SIGTERM to all, and SIGKILL to those that are there after `patience`;
/// returns when all are gone. Never signals another process. Children are
/// reaped.
/// @returns how many had to be killed
size_t stop(const std::vector<process_record>& all,
            std::chrono::milliseconds patience);

/// Error: `io`.
status write_record(const std::filesystem::path& folder,
                    const process_record& x);

/// Errors: `not_found`, `corrupt`.
result<process_record> read_record(const std::filesystem::path& folder);

void remove_record(const std::filesystem::path& folder);

} // namespace muster::launch
