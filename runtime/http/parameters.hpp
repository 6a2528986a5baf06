// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::http {

/// A number in decimal digits and nothing else, from 0 to `most`.
std::optional<uint64_t> whole_number(std::string_view text,
                                     uint64_t most = UINT64_MAX);

/// A parameter that is such a number. Error: `invalid_argument`, if it is there
/// and no such number.
result<std::optional<uint64_t>> number_in(const request& x,
                                          const std::string& name,
                                          uint64_t most = UINT64_MAX);

/// A flag is on as `?name`, `?name=1` or `?name=true`.
/// Error: `invalid_argument`.
result<bool> flag_in(const request& x, const std::string& name);

} // namespace muster::http
