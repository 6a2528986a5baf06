// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/history_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <istream>
#include <ostream>

namespace muster::sim {

namespace {

// Ordered: a history is written the same way each time.
using json = nlohmann::ordered_json;

constexpr std::pair<operation_kind, const char*> kind_names[] = {
  {operation_kind::read, "read"}, {operation_kind::write, "write"},
  {operation_kind::cas, "cas"},   {operation_kind::erase, "delete"},
  {operation_kind::add, "add"},   {operation_kind::list, "list"},
};

json to_json(const record_value& x) {
  return x ? json(*x) : json(nullptr);
}

record_value value_of(const json& x) {
  if (x.is_null())
    return std::nullopt;
  return x.get<std::string>();
}

json argument_of(const operation& x) {
  json expected = x.demanded.on == guard::kind::value
                      || (x.demanded.on == guard::kind::version
                          && !x.demanded.value.empty())
                    ? json(x.demanded.value)
                    : json(nullptr);
  switch (x.kind) {
    case operation_kind::write:
      return to_json(x.written);
    case operation_kind::cas:
      return json::array({expected, to_json(x.written)});
    case operation_kind::erase:
      if (x.demanded.on == guard::kind::none)
        return nullptr;
      return json::array({expected});
    case operation_kind::add:
      return json::array({x.delta, x.floor, x.ceiling});
    default:
      return nullptr;
  }
}

json return_of(const operation& x) {
  bool answered = x.outcome == answer::ok || x.outcome == answer::refused;
  if (!answered)
    return nullptr;
  bool done = x.outcome == answer::ok;
  if (x.kind == operation_kind::cas || x.kind == operation_kind::erase)
    return done;
  if (x.kind == operation_kind::list) {
    auto rows = json::array();
    for (const auto& row : x.rows)
      rows.push_back(json::array({row.key, row.value, row.version}));
    return rows;
  }
  return done ? to_json(x.seen) : json(nullptr);
}

json line_of(const operation& x) {
  json out;
  out["client"] = x.client;
  out["key"] = x.key;
  for (auto [kind, name] : kind_names)
    if (kind == x.kind)
      out["op"] = name;
  out["arg"] = argument_of(x);
  out["ret"] = return_of(x);
  out["call_ns"] = x.call_ns;
  bool returned = x.outcome != answer::unknown;
  out["return_ns"] = returned ? json(x.return_ns) : json(nullptr);
  out["status"] = x.outcome == answer::unknown  ? "unknown"
                  : x.outcome == answer::failed ? "fail"
                                                : "ok";
  out["version"] = x.version ? json(*x.version) : json(nullptr);
  out["served_from"] = x.served_from;
  if (x.demanded.on == guard::kind::version)
    out["if_version"] = x.demanded.version;
  if (x.shard)
    out["shard"] = *x.shard;
  if (x.outcome == answer::refused)
    out["refused"] = true;
  return out;
}

void read_guard(const json& in, const json& expected, operation& x) {
  if (!expected.is_null())
    x.demanded.value = expected.get<std::string>();
  if (in.contains("if_version")) {
    x.demanded.on = guard::kind::version;
    x.demanded.version = in["if_version"];
  } else {
    x.demanded.on = expected.is_null() ? guard::kind::absent
                                       : guard::kind::value;
  }
}

void read_argument(const json& in, operation& x) {
  const auto& arg = in.at("arg");
  if (x.kind == operation_kind::write) {
    x.written = value_of(arg);
  } else if (x.kind == operation_kind::cas) {
    read_guard(in, arg.at(0), x);
    x.written = value_of(arg.at(1));
  } else if (x.kind == operation_kind::erase && arg.is_array()) {
    read_guard(in, arg.at(0), x);
  } else if (x.kind == operation_kind::add) {
    x.delta = arg.at(0);
    x.floor = arg.at(1);
    x.ceiling = arg.at(2);
  }
}

void read_answer(const json& in, operation& x) {
  const auto& ret = in.at("ret");
  auto status = in.at("status").get<std::string>();
  if (status == "unknown") {
    x.outcome = answer::unknown;
    return;
  }
  x.outcome = status == "ok" ? answer::ok : answer::failed;
  if (in.value("refused", false) || (ret.is_boolean() && !ret.get<bool>()))
    x.outcome = answer::refused;
  if (x.kind == operation_kind::read || x.kind == operation_kind::add)
    x.seen = value_of(ret);
  if (x.kind == operation_kind::list && ret.is_array())
    for (const auto& row : ret)
      x.rows.push_back({row.at(0), row.at(1), row.at(2)});
}

operation operation_of(const json& in) {
  operation x;
  x.client = in.at("client");
  x.key = in.at("key");
  auto name = in.at("op").get<std::string>();
  auto kind = std::find_if(std::begin(kind_names), std::end(kind_names),
                           [&](auto& k) { return name == k.second; });
  if (kind == std::end(kind_names))
    throw std::invalid_argument("unknown op " + name);
  x.kind = kind->first;
  read_argument(in, x);
  read_answer(in, x);
  x.call_ns = in.at("call_ns");
  if (in.contains("return_ns") && !in["return_ns"].is_null())
    x.return_ns = in["return_ns"];
  if (in.contains("version") && !in["version"].is_null())
    x.version = in["version"];
  x.served_from = in.value("served_from", "");
  if (in.contains("shard"))
    x.shard = in["shard"];
  return x;
}

} // namespace

void write_json_line(std::ostream& out, const operation& x) {
  out << line_of(x).dump() << '\n';
}

void write_json_lines(std::ostream& out, const history& xs) {
  for (const auto& x : xs)
    write_json_line(out, x);
}

result<history> read_json_lines(std::istream& in) {
  history out;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    if (line.empty())
      continue;
    try {
      out.push_back(operation_of(json::parse(line)));
    } catch (const std::exception& e) {
      return error{errc::invalid_argument,
                   "line " + std::to_string(number) + ": " + e.what()};
    }
  }
  return out;
}

} // namespace muster::sim
