// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

// JSON as text: a number that went through a parser would come back in other
// digits, so what is to be stored is cut out of the line instead.

/// Whether `text` is one JSON value in UTF-8, not nested too deeply, and no
/// object in it has a member twice.
/// Error: `invalid_argument` says which of these it breaks, and where.
status check_json(std::string_view text);

/// One member of an object; `text` is a part of the object's text.
struct json_member {
  std::string name;
  std::string_view text;
};

/// The members of the object that `text` is; none if it is something else.
/// @pre `check_json(text)`
std::vector<json_member> members_of(std::string_view text);

/// @pre `text` is a JSON value, here and below
bool is_string(std::string_view text);

/// The bytes of a JSON string. @pre `is_string(text)`
std::string string_in(std::string_view text);

/// The value without the white space between its parts, otherwise as it was
/// written.
std::string compact(std::string_view text);

} // namespace muster::cli
