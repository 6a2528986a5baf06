// SPDX-License-Identifier: Apache-2.0

// How an event becomes a line of the log; `log_sink.hpp` shows both forms.

#include "runtime/observe/log_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace muster {

namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info",
                                                      "warning", "error"};

/// Escapes what would end a line or a JSON string.
void append_escaped(std::string& to, std::string_view text, bool json) {
  for (auto c : text) {
    auto code = static_cast<unsigned char>(c);
    if (json && (c == '"' || c == '\\'))
      to.append({'\\', c});
    else if (c == '\n')
      to.append("\\n");
    else if (code < 0x20 || code == 0x7f)
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", code);
    else
      to.push_back(c);
  }
}

void append_field(std::string& to, std::string_view name,
                  std::string_view value) {
  to.append(to.empty() ? "{\"" : ",\"");
  append_escaped(to, name, true);
  to.append("\":\"");
  append_escaped(to, value, true);
  to.push_back('"');
}

/// Appends the `key=value` pairs of `detail`; a word without `=` belongs to
/// the value before it.
void append_pairs(std::string& to, std::string_view detail) {
  struct pair {
    std::string name;
    std::string value;
  };

  std::vector<pair> pairs;
  while (!detail.empty()) {
    auto end = std::min(detail.find(' '), detail.size());
    auto word = detail.substr(0, end);
    detail.remove_prefix(std::min(end + 1, detail.size()));
    auto equals = word.find('=');
    if (equals != std::string_view::npos && equals > 0)
      pairs.push_back({std::string{word.substr(0, equals)},
                       std::string{word.substr(equals + 1)}});
    else if (pairs.empty())
      pairs.push_back({"text", std::string{word}});
    else
      pairs.back().value.append(" ").append(word);
  }
  std::vector<std::string> used{"time", "level", "machine", "event"};
  for (auto& [name, value] : pairs) {
    while (std::find(used.begin(), used.end(), name) != used.end())
      name.push_back('_');
    used.push_back(name);
    append_field(to, name, value);
  }
}

} // namespace

std::string format_event(const log_options& options, std::string_view time,
                         severity level, std::string_view what,
                         std::string_view detail) {
  auto name = level_names[static_cast<size_t>(level)];
  std::string line;
  if (options.json) {
    append_field(line, "time", time);
    append_field(line, "level", name);
    append_field(line, "machine", options.machine);
    append_field(line, "event", what);
    append_pairs(line, detail);
    line.push_back('}');
    return line;
  }
  fmt::format_to(std::back_inserter(line), "{} {:7} ", time, name);
  if (!options.machine.empty())
    line.append(options.machine).append(" ");
  append_escaped(line, what, false);
  if (!detail.empty())
    line.push_back(' ');
  append_escaped(line, detail, false);
  return line;
}

} // namespace muster
