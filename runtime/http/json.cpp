// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/json.hpp"

#include "registry/utf8.hpp"
#include "runtime/coordinator/base64.hpp"
#include "runtime/http/problem.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::http {

namespace {

json names(const std::vector<machine_id>& ids) {
  auto out = json::array();
  for (auto& id : ids)
    out.push_back(id.value);
  return out;
}

/// -1 means "not known" in the structs, null does in JSON.
json nanoseconds_json(int64_t x) {
  return x < 0 ? json{} : json(x);
}

json operation_json(const operation& x) {
  switch (x.kind) {
    case operation_kind::put:
      return {{"put", {{"key", x.key}}}};
    case operation_kind::erase:
      return {{"delete", {{"key", x.key}}}};
    case operation_kind::add:
      return {{"add", {{"key", x.key}, {"delta", x.delta}}}};
  }
  return {};
}

json participant_json(const participant& x) {
  json out{{"machine", x.who.id.value},
           {"incarnation", x.who.run.value},
           {"address", x.address},
           {"reason", to_string(x.reason)}};
  if (x.reason == participation::policy)
    out["policy"] = x.prefix;
  else if (!x.prefix.empty())
    out["prefix"] = x.prefix;
  out["enlisted_by"] = x.enlisted_by.value;
  out["enlisted_after_ns"] = nanoseconds_json(x.enlisted_after_ns);
  out["acknowledged_after_ns"] = nanoseconds_json(x.acknowledged_after_ns);
  out["expelled"] = x.expelled;
  if (x.reason != participation::origin)
    out["shard"] = x.shard.value;
  return out;
}

json machine_json(const machine_status& x) {
  json out{{"id", x.id.value},           {"role", x.role},
           {"state", x.state},           {"pid", x.pid},
           {"address", x.address},       {"http", x.http},
           {"incarnation", x.run.value}, {"draining", x.draining}};
  if (!x.behind.value.empty())
    out["switch"] = x.behind.value;
  return out;
}

json shard_json(const shard_status& x) {
  return {{"id", x.id.value},
          {"primary", x.primary.value.empty() ? json{} : json(x.primary.value)},
          {"backups", names(x.backups)},
          {"learners", names(x.learners)},
          {"epoch", x.of.value},
          {"state", x.state}};
}

/// How deep arrays and objects of `text` are nested, strings skipped.
size_t depth_of(std::string_view text) {
  size_t depth = 0;
  size_t deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (in_string && c == '\\')
      ++i;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!in_string && (c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

} // namespace

result<json> parse_json(std::string_view text) {
  if (depth_of(text) > json_depth_max)
    return error{errc::invalid_argument, "the JSON is nested more than "
                                           + std::to_string(json_depth_max)
                                           + " deep"};
  auto parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    return error{errc::invalid_argument, "that is not JSON"};
  return parsed;
}

std::string to_text(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

void set_value(json& out, const std::string& value) {
  if (is_utf8(value))
    out["value"] = value;
  else
    out["value_base64"] = base64_encode(value);
}

json error_json(const error& x) {
  return {{"code", to_string(x.code)},
          {"message", x.message},
          {"applied", x.code == errc::unknown ? "unknown" : "no"},
          {"next", next_step(x.code)}};
}

json record_json(const read_answer& x) {
  json out{{"key", x.key}};
  if (x.found)
    set_value(out, x.value);
  out["version"] = x.version.value;
  out["epoch"] = x.of.value;
  out["served_by"] = x.served_by.value;
  out["served_from"] = to_string(x.from);
  return out;
}

json answer_json(const command_answer& x) {
  json out{{"outcome", to_string(x.what)},
           {"version", x.version.value},
           {"command", x.id.value}};
  if (!x.detail.empty())
    out["detail"] = x.detail;
  if (!x.counters.empty())
    out["counters"] = x.counters;
  if (x.otherwise)
    out["else"] = true;
  if (is_client_id(x.id))
    out["born"] = x.born.value;
  return out;
}

json story_json(const story& x) {
  json out{{"command", x.id.value},  {"outcome", to_string(x.what)},
           {"shard", x.shard.value}, {"version", x.version.value},
           {"attempts", x.attempts}, {"from_log", x.from_log}};
  out["duration_ns"] = nanoseconds_json(x.duration_ns);
  for (auto shard : x.others)
    out["other_shards"].push_back(shard.value);
  if (!x.detail.empty())
    out["detail"] = x.detail;
  if (x.otherwise)
    out["else"] = true;
  out["operations"] = json::array();
  for (auto& each : x.operations)
    out["operations"].push_back(operation_json(each));
  out["participants"] = json::array();
  for (auto& each : x.participants)
    out["participants"].push_back(participant_json(each));
  return out;
}

json status_json(const cluster_status& x) {
  json out{{"cluster", x.cluster}, {"answered_by", x.answered_by.value}};
  out["machines"] = json::array();
  for (auto& each : x.machines)
    out["machines"].push_back(machine_json(each));
  out["shards"] = json::array();
  for (auto& each : x.shards)
    out["shards"].push_back(shard_json(each));
  return out;
}

json event_json(const watch_event& x) {
  json out{{"key", x.key}};
  if (x.erased)
    out["deleted"] = true;
  else
    set_value(out, x.value);
  out["version"] = x.version.value;
  out["shard"] = x.shard.value;
  return out;
}

} // namespace muster::http
