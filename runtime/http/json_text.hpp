// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

// JSON as text: a number that went through a parser would come back in other
// digits, so what is to be stored is cut out of the text instead. All records
// that arrive as JSON are read with it: a command's and those of a file.

/// Whether `text` is one JSON value in UTF-8, not nested too deeply, and no
/// object in it has a member twice.
/// Error: `invalid_argument` says which of these it breaks, and where.
status check_json(std::string_view text);

// Every text below is one for which `check_json` is ok, or a part of it that
// the functions here returned.

/// One member of an object; `text` is a part of the object's text.
struct json_member {
  std::string name;
  std::string_view text;
};

bool is_object(std::string_view text);
bool is_array(std::string_view text);
bool is_string(std::string_view text);

/// The members of the object that `text` is; none if it is something else.
std::vector<json_member> members_of(std::string_view text);

/// The elements of the array that `text` is; none if it is something else.
std::vector<std::string_view> elements_of(std::string_view text);

/// The bytes of a JSON string. @pre `is_string(text)`
std::string string_in(std::string_view text);

/// The bytes that a JSON string has in base64; nothing if it is no string or
/// no base64.
std::optional<std::string> base64_in(std::string_view text);

/// What a record with this value stores: the bytes of a string; else the text
/// without the white space between its parts, otherwise as it was written.
std::string value_in(std::string_view text);

} // namespace muster::http
