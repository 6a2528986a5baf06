// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/machine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

/// Members keep the order in which they were written, for people.
using json = nlohmann::ordered_json;

/// Deepest nesting of arrays and objects that is read. Writing JSON is
/// recursive, so a text from outside could otherwise end the stack.
constexpr size_t json_depth_max = 64;

/// @returns `invalid_argument` if it is not JSON, or nested too deeply
result<json> parse_json(std::string_view text);

/// JSON on one line; bytes that are not UTF-8 are replaced.
std::string to_text(const json& x);

/// Sets `value`, or `value_base64` where it is not UTF-8.
void set_value(json& out, const std::string& value);

/// `{code, message, applied, next}`.
json error_json(const error& x);

/// `{key, value, version, epoch, served_by, served_from}`; of an absent
/// record without the value.
json record_json(const read_answer& x);

/// `{outcome, version, command}`, with `detail`, `counters` and `born` where
/// they say something.
json answer_json(const command_answer& x);

json story_json(const story& x);

json status_json(const cluster_status& x);

/// `{key, value, version, shard}`, or `deleted` instead of the value.
json event_json(const watch_event& x);

} // namespace muster::http
