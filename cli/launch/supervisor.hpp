// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/layout.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace muster::launch {

/// The processes of one cluster that this process started. Ends them when it
/// is destroyed, unless `let_go` was called: so no way out of a failed start
/// leaves a process behind.
///
/// Its life begins by blocking SIGINT, SIGTERM, SIGHUP and SIGCHLD in this
/// thread, which it waits for; one object at a time. Not thread-safe.
class supervisor {
public:
  using clock = std::chrono::steady_clock;

  supervisor(std::filesystem::path directory, bool detach);

  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  ~supervisor();

  /// Starts a process and writes its record. Errors: `io`.
  status start(const std::string& name, spawn_options how);

  /// Waits until `condition` holds; asks it about ten times a second.
  /// Errors: `timed_out` (with `what`), `unavailable` (a process died: which
  /// one and the last lines of its log; or Ctrl-C, SIGTERM).
  status wait_until(const std::string& what, clock::time_point until,
                    const std::function<bool()>& condition);

  /// Waits for a signal, or until etcd or the last machine is dead; tells of
  /// machines that die before with `tell`. @returns ok after a signal, else
  /// `unavailable`
  status watch(const std::function<void(const std::string&)>& tell);

  /// Ends machines first, then etcd. @returns how many had to be killed
  size_t stop_all();

  /// They outlive this object.
  void let_go();

private:
  /// Who is dead, and how that came.
  std::optional<std::pair<std::string, error>> death() const;

  std::filesystem::path directory_;
  bool detach_;
  /// In the order of their start.
  std::vector<std::pair<std::string, process_record>> processes_;
};

/// Ends the processes last to first, and etcd only after all machines; removes
/// their records.
/// @returns how many had to be killed
size_t
stop_processes(const std::filesystem::path& directory,
               const std::vector<std::pair<std::string, process_record>>& all);

} // namespace muster::launch
