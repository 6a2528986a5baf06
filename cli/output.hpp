// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_code.hpp"
#include "cli/globals.hpp"
#include "registry/result.hpp"

#include <string>
#include <vector>

namespace muster::cli {

/// Rows under a head, columns as wide as their widest cell. Control characters
/// are shown as `?`, since a record's bytes could drive the terminal.
class table {
public:
  explicit table(std::vector<std::string> head);

  void add(std::vector<std::string> row);

  /// With a newline at the end of each row.
  std::string text() const;

private:
  std::vector<std::vector<std::string>> rows_;
};

/// What a command was doing, for its error.
struct attempt {
  /// The command and what it is about, such as `put` and `/a/b`.
  std::string command;
  std::string subject{};
  /// `m1 (127.0.0.1:7480)`; empty if it did not get so far.
  std::string where{};
  /// Whether that machine has answered.
  bool answered = false;
  /// The command that helps; empty: by the error's code.
  std::string next{};
  /// What was applied; empty: by the error's code.
  std::string applied{};
};

/// Tells stderr what failed, where, why, whether it was applied and what to
/// type next.
exit_code report(const globals& from, const error& x, const attempt& y);

/// ` --dir D` or ` --address A`, as the next command needs it too; empty for
/// the usual directory.
std::string target_options(const globals& x);

/// Writes data to stdout. Error: `io` (a full disk, a closed pipe).
status print(std::string_view text);

/// Talk, for people: to stderr.
void say(const std::string& text);

bool stdout_is_terminal();
bool stderr_is_terminal();

/// `1.25 ms`, `3.4 s`; `-` if negative.
std::string show_nanoseconds(int64_t x);

} // namespace muster::cli
