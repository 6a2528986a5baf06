// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace muster {

// Text forms of records and of what the coordinator keeps: a line `name=value`
// each, so that a person can read them and a newer version add some.

/// Calls `take(name, value)` for each line. @returns the name of the first
/// line that it did not accept, or the line if it has no `=`; or nothing
template <class Take>
std::string each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    auto end = text.find('\n');
    auto one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{}
                                         : text.substr(end + 1);
    auto equals = one.find('=');
    if (equals == std::string_view::npos)
      return one.empty() ? "an empty line" : std::string{one};
    if (!take(one.substr(0, equals), one.substr(equals + 1)))
      return std::string{one.substr(0, equals)};
  }
  return {};
}

} // namespace muster
