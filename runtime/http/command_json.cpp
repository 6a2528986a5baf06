// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/command_json.hpp"

#include "runtime/coordinator/base64.hpp"
#include "runtime/http/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>

namespace muster::http {

namespace {

/// Collects the first thing that is wrong; afterwards nothing counts.
struct reader {
  std::string wrong;

  void fail(const std::string& where, const std::string& text) {
    if (wrong.empty())
      wrong = where + ": " + text;
  }

  bool object(const json& x, const std::string& where,
              std::initializer_list<const char*> members) {
    if (!x.is_object()) {
      fail(where, "not an object");
      return false;
    }
    for (auto& [name, ignored] : x.items())
      if (std::find(members.begin(), members.end(), name) == members.end())
        fail(where, "unknown member `" + name + "`");
    return wrong.empty();
  }

  std::string key(const json& x, const std::string& where) {
    auto found = x.find("key");
    if (found == x.end() || !found->is_string()) {
      fail(where, "`key` must be a string");
      return {};
    }
    return *found;
  }

  template <class T>
  T number(const json& x, const char* name, T otherwise, bool needed,
           const std::string& where) {
    auto found = x.find(name);
    if (found == x.end()) {
      if (needed)
        fail(where, "`" + std::string{name} + "` is missing");
      return otherwise;
    }
    if (!found->is_number_integer() || !fits<T>(*found)) {
      fail(where, "`" + std::string{name} + "` must be a whole number of "
                    + (std::is_signed_v<T> ? "" : "at least 0 and ")
                    + "at most 64 bits");
      return otherwise;
    }
    return found->template get<T>();
  }

  std::string value(const json& x, const std::string& where) {
    if (auto found = x.find("value_base64"); found != x.end()) {
      auto bytes = found->is_string()
                     ? base64_decode(found->get_ref<const std::string&>())
                     : std::nullopt;
      if (!bytes || x.contains("value"))
        fail(where, "`value_base64` must be base64, and the only value");
      return bytes.value_or("");
    }
    auto found = x.find("value");
    if (found == x.end()) {
      fail(where, "`value` is missing");
      return {};
    }
    return found->is_string() ? found->get<std::string>() : to_text(*found);
  }

private:
  template <class T>
  static bool fits(const json& x) {
    if constexpr (std::is_signed_v<T>)
      return !x.is_number_unsigned() || x.get<uint64_t>() <= INT64_MAX;
    else
      return x.is_number_unsigned();
  }
};

guard read_guard(reader& in, const json& x, const std::string& where) {
  guard out;
  if (!in.object(x, where,
                 {"key", "version", "value", "value_base64", "absent"}))
    return out;
  out.key = in.key(x, where);
  if (x.size() != 2) {
    in.fail(where, "needs `key` and one of `version`, `value`, `absent`");
  } else if (x.contains("version")) {
    out.kind = guard_kind::version;
    out.version.value = in.number<uint64_t>(x, "version", 0, true, where);
  } else if (auto absent = x.find("absent"); absent != x.end()) {
    out.kind = guard_kind::absent;
    if (*absent != json(true))
      in.fail(where, "`absent` must be true");
  } else {
    out.kind = guard_kind::value;
    out.value = in.value(x, where);
  }
  return out;
}

operation read_operation(reader& in, const json& x, const std::string& where) {
  operation out;
  if (!in.object(x, where, {"put", "delete", "add"}))
    return out;
  if (x.size() != 1) {
    in.fail(where, "needs exactly one of `put`, `delete`, `add`");
    return out;
  }
  auto name = x.begin().key();
  auto& body = x.begin().value();
  auto inside = where + "." + name;
  if (name == "put") {
    if (in.object(body, inside, {"key", "value", "value_base64"}))
      out.value = in.value(body, inside);
  } else if (name == "delete") {
    out.kind = operation_kind::erase;
    in.object(body, inside, {"key"});
  } else {
    out.kind = operation_kind::add;
    if (in.object(body, inside, {"key", "delta", "floor", "ceiling"})) {
      out.delta = in.number<int64_t>(body, "delta", 0, true, inside);
      out.floor = in.number(body, "floor", INT64_MIN, false, inside);
      out.ceiling = in.number(body, "ceiling", INT64_MAX, false, inside);
    }
  }
  if (in.wrong.empty())
    out.key = in.key(body, inside);
  return out;
}

/// Reads the array `name` of `x`, element by element.
template <class Read, class T>
void read_array(reader& in, const json& x, const char* name, Read read,
                std::vector<T>& out) {
  auto found = x.find(name);
  if (found == x.end())
    return;
  if (!found->is_array() || found->size() > command_parts_max) {
    in.fail(name,
            "must be an array of at most " + std::to_string(command_parts_max));
    return;
  }
  for (size_t i = 0; i < found->size() && in.wrong.empty(); ++i)
    out.push_back(
      read(in, (*found)[i], name + ("[" + std::to_string(i) + "]")));
}

} // namespace

result<command> parse_command(std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed)
    return parsed.failure();
  reader in;
  command out;
  if (in.object(*parsed, "command", {"guards", "operations"})) {
    read_array(in, *parsed, "guards", read_guard, out.guards);
    read_array(in, *parsed, "operations", read_operation, out.operations);
  }
  if (!in.wrong.empty())
    return error{errc::invalid_argument, in.wrong};
  return out;
}

} // namespace muster::http
