// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace muster {

enum class severity : uint8_t { debug, info, warning, error };

/// What an operator should know happened: lines of the structured log in
/// production, lines of the trace in the simulation. Thread-safe, never
/// blocks for long.
class event_sink {
public:
  virtual ~event_sink() = default;

  /// @param what  a stable name in snake_case, such as `backup_dropped`
  /// @param detail  `key=value` pairs separated by blanks; no record values
  virtual void note(severity level, std::string_view what, std::string detail)
    = 0;

  /// False: a caller may save itself the work of building `detail`.
  virtual bool wants(severity level) const = 0;
};

} // namespace muster
