// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/result.hpp"

#include <string_view>

namespace muster::http {

/// Reads the JSON form of a command, without its id:
///
///     {"guards": [{"key": K, "version": N | "value": V | "absent": true}],
///      "operations": [{"put": {"key": K, "value": V}},
///                     {"delete": {"key": K}},
///                     {"add": {"key": K, "delta": N,
///                              "floor": N, "ceiling": N}}],
///      "else": [as `operations`; done if a guard does not hold]}
///
/// V is a string, stored as its bytes; any other JSON is stored as its text
/// without white space, so that a number keeps its digits. `value_base64`
/// stands for bytes that are not UTF-8. `guards`, `else`, `floor` and `ceiling`
/// may be left out. Unknown members, and members that are there twice, are
/// errors, so that a typing error never changes what is guarded.
/// @returns `invalid_argument` with the place that is wrong
result<command> parse_command(std::string_view text);

} // namespace muster::http
