// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/command_json.hpp"

#include "runtime/http/json.hpp"
#include "runtime/http/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace muster::http {

namespace {

/// The text of each member, by its name.
class members {
public:
  members() = default;

  explicit members(std::vector<json_member> all) : all_(std::move(all)) {
    // nop
  }

  const std::vector<json_member>& all() const {
    return all_;
  }

  /// Null if there is no such member.
  const std::string_view* find(std::string_view name) const {
    auto i = std::ranges::find(all_, name, &json_member::name);
    return i == all_.end() ? nullptr : &i->text;
  }

private:
  std::vector<json_member> all_;
};

/// Collects the first thing that is wrong; afterwards nothing counts.
struct reader {
  std::string wrong;

  void fail(const std::string& where, const std::string& text) {
    if (wrong.empty())
      wrong = where + ": " + text;
  }

  /// None, and it fails, if `x` is no object or has a member of another name.
  members object(std::string_view x, const std::string& where,
                 std::initializer_list<std::string_view> names) {
    if (!is_object(x))
      fail(where, "not an object");
    members out{members_of(x)};
    for (auto& each : out.all())
      if (std::ranges::find(names, each.name) == names.end())
        fail(where, "unknown member `" + each.name + "`");
    return wrong.empty() ? out : members{};
  }

  std::string key(const members& x, const std::string& where) {
    auto found = x.find("key");
    if (!found || !is_string(*found)) {
      fail(where, "`key` must be a string");
      return {};
    }
    return string_in(*found);
  }

  template <class T>
  T number(const members& x, const char* name, T otherwise, bool needed,
           const std::string& where) {
    auto found = x.find(name);
    if (!found) {
      if (needed)
        fail(where, "`" + std::string{name} + "` is missing");
      return otherwise;
    }
    auto parsed = json::parse(*found);
    if (!parsed.is_number_integer() || !fits<T>(parsed)) {
      fail(where, "`" + std::string{name} + "` must be a whole number of "
                    + (std::is_signed_v<T> ? "" : "at least 0 and ")
                    + "at most 64 bits");
      return otherwise;
    }
    return parsed.template get<T>();
  }

  std::string value(const members& x, const std::string& where) {
    auto text = x.find("value");
    if (auto found = x.find("value_base64")) {
      auto bytes = base64_in(*found);
      if (!bytes || text)
        fail(where, "`value_base64` must be base64, and the only value");
      return bytes.value_or("");
    }
    if (!text) {
      fail(where, "`value` is missing");
      return {};
    }
    return value_in(*text);
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

guard read_guard(reader& in, std::string_view text, const std::string& where) {
  guard out;
  auto x = in.object(text, where,
                     {"key", "version", "value", "value_base64", "absent"});
  if (!in.wrong.empty())
    return out;
  out.key = in.key(x, where);
  if (x.all().size() != 2) {
    in.fail(where, "needs `key` and one of `version`, `value`, `absent`");
  } else if (x.find("version")) {
    out.kind = guard_kind::version;
    out.version.value = in.number<uint64_t>(x, "version", 0, true, where);
  } else if (auto absent = x.find("absent")) {
    out.kind = guard_kind::absent;
    if (*absent != "true")
      in.fail(where, "`absent` must be true");
  } else {
    out.kind = guard_kind::value;
    out.value = in.value(x, where);
  }
  return out;
}

operation read_operation(reader& in, std::string_view text,
                         const std::string& where) {
  operation out;
  auto x = in.object(text, where, {"put", "delete", "add"});
  if (x.all().size() != 1) {
    in.fail(where, "needs exactly one of `put`, `delete`, `add`");
    return out;
  }
  auto& [name, body] = x.all().front();
  auto inside = where + "." + name;
  members parts;
  if (name == "put") {
    parts = in.object(body, inside, {"key", "value", "value_base64"});
    out.value = in.value(parts, inside);
  } else if (name == "delete") {
    out.kind = operation_kind::erase;
    parts = in.object(body, inside, {"key"});
  } else {
    out.kind = operation_kind::add;
    parts = in.object(body, inside, {"key", "delta", "floor", "ceiling"});
    out.delta = in.number<int64_t>(parts, "delta", 0, true, inside);
    out.floor = in.number(parts, "floor", INT64_MIN, false, inside);
    out.ceiling = in.number(parts, "ceiling", INT64_MAX, false, inside);
  }
  out.key = in.key(parts, inside);
  return out;
}

/// Reads the array `name` of `x`, element by element.
template <class Read, class T>
void read_array(reader& in, const members& x, const char* name, Read read,
                std::vector<T>& out) {
  auto found = x.find(name);
  if (!found)
    return;
  auto elements = elements_of(*found);
  if (!is_array(*found) || elements.size() > command_parts_max) {
    in.fail(name,
            "must be an array of at most " + std::to_string(command_parts_max));
    return;
  }
  for (size_t i = 0; i < elements.size() && in.wrong.empty(); ++i)
    out.push_back(
      read(in, elements[i], name + ("[" + std::to_string(i) + "]")));
}

} // namespace

result<command> parse_command(std::string_view text) {
  if (auto checked = check_json(text); !checked)
    return checked.failure();
  reader in;
  command out;
  auto x = in.object(text, "command", {"guards", "operations", "else"});
  read_array(in, x, "guards", read_guard, out.guards);
  read_array(in, x, "operations", read_operation, out.operations);
  read_array(in, x, "else", read_operation, out.otherwise);
  if (!in.wrong.empty())
    return error{errc::invalid_argument, in.wrong};
  return out;
}

} // namespace muster::http
