// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace muster::http {

/// The two parts of a request target, percent-decoded.
struct target {
  std::string path;
  std::map<std::string, std::string> query;
};

/// Splits `/path?name=value&flag`; a flag's value is empty.
/// @returns `invalid_argument` if it does not begin with `/`, an escape is
///          broken, or a parameter comes twice
result<target> parse_target(std::string_view text);

/// @returns nothing if an escape is broken
std::optional<std::string> percent_decode(std::string_view text);

/// Escapes everything that is not unreserved in RFC 3986, except `/`.
std::string percent_encode(std::string_view text);

} // namespace muster::http
