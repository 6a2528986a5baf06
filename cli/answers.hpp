// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "runtime/http/json.hpp"

#include <initializer_list>

namespace muster::cli {

using http::json;

/// The body of a good answer, or the error that the machine told.
/// @returns `corrupt` if it is not an answer of a machine
result<json> json_of(const reply& x);

/// `send` and `json_of`; `corrupt` if one of `arrays` is not a member that is
/// an array, since `--address` may name anything that speaks HTTP.
result<json> call_json(http_caller& to, const call& x,
                       std::initializer_list<const char*> arrays = {});

/// A string member; empty if there is none.
std::string text_of(const json& x, const char* member);

/// The strings of an array, with `between` between them; whatever else is in it
/// is left out.
std::string strings_in(const json& x, const char* between);

/// The same of a member, empty if there is none.
std::string strings_of(const json& x, const char* member, const char* between);

/// A member as text: strings as they are, null as `-`, numbers, true, false.
std::string show(const json& x, const char* member);

/// The bytes of a record's `value` or `value_base64`.
std::string value_of(const json& x);

} // namespace muster::cli
