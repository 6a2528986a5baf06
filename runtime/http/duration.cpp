// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/duration.hpp"

#include <charconv>
#include <cmath>

namespace muster::http {

namespace {

constexpr double milliseconds_max = 24.0 * 3600 * 1000;

/// Milliseconds in one `unit`; 0 if there is no such unit.
double scale_of(std::string_view unit) {
  if (unit == "ms")
    return 1;
  if (unit == "s")
    return 1000;
  if (unit == "m")
    return 60'000;
  return 0;
}

} // namespace

std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text) {
  double number = 0;
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, number,
                                   std::chars_format::fixed);
  if (ec != std::errc{})
    return std::nullopt;
  auto scale = scale_of({end, static_cast<size_t>(last - end)});
  auto result = std::round(number * scale);
  if (!(result >= 1 && result <= milliseconds_max))
    return std::nullopt;
  return std::chrono::milliseconds{static_cast<int64_t>(result)};
}

} // namespace muster::http
