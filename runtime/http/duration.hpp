// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace muster::http {

/// Reads `500ms`, `2s`, `1.5s` or `3m`: more than nothing, at most a day.
std::optional<std::chrono::milliseconds> parse_timeout(std::string_view text);

} // namespace muster::http
