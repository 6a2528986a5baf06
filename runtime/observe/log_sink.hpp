// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/ports/events.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
} // namespace spdlog

namespace muster {

struct log_options {
  /// True: one JSON object a line; false: a line for a person.
  bool json = false;
  severity level = severity::info;
  /// Empty = standard error.
  std::string file;
  /// The file is renamed at this size; that many old ones are kept.
  size_t file_bytes_max = 64 * 1024 * 1024;
  size_t files_max = 4;
  /// On every line, since logs of several machines are read together.
  std::string machine;
};

/// The structured log. Lines:
///
///   2026-01-31T12:00:00.123456Z warning m1 backup_dropped shard=3 backup=m2
///   {"time":"2026-01-31T12:00:00.123456Z","level":"warning","machine":"m1",
///    "event":"backup_dropped","shard":"3","backup":"m2"}      (on one line)
///
/// Control characters are escaped in both, so nothing that a client sent makes
/// a line of its own. Text without `=` becomes the field `text`; a second
/// field of a name that was there gets a `_` behind it. The time is the wall
/// clock, for people and never for a decision (T1).
///
/// Thread-safe; a line is one write, at once except for debug lines in a file,
/// which wait for a full buffer or the next other line. A full disk loses
/// lines, not the process.
class log_sink : public event_sink {
public:
  /// Error: `io` if the file cannot be opened.
  static result<std::unique_ptr<log_sink>> open(log_options options);

  ~log_sink() override;

  void note(severity level, std::string_view what, std::string detail) override;

  bool wants(severity level) const override {
    return level >= options_.level;
  }

  void flush();

private:
  log_sink(log_options options, std::shared_ptr<spdlog::logger> to);

  const log_options options_;
  const std::shared_ptr<spdlog::logger> logger_;
};

/// One line of the log, without its end; see `log_sink`.
/// @param time  as it shall appear
std::string format_event(const log_options& options, std::string_view time,
                         severity level, std::string_view what,
                         std::string_view detail);

} // namespace muster
