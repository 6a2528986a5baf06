// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/json_text.hpp"

#include "registry/utf8.hpp"
#include "runtime/coordinator/base64.hpp"
#include "runtime/http/json.hpp"

#include <nlohmann/json.hpp>

#include <cassert>
#include <set>

namespace muster::http {

namespace {

constexpr size_t shown_max = 40;

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// Builds nothing; stops at the first thing that is wrong.
class checker : public nlohmann::json_sax<json> {
public:
  std::string wrong;

  bool null() override {
    return true;
  }
  bool boolean(bool) override {
    return true;
  }
  bool number_integer(number_integer_t) override {
    return true;
  }
  bool number_unsigned(number_unsigned_t) override {
    return true;
  }
  bool number_float(number_float_t, const string_t&) override {
    return true;
  }
  bool string(string_t&) override {
    return true;
  }
  bool binary(binary_t&) override {
    return true;
  }
  bool start_object(size_t) override {
    return begin();
  }
  bool end_object() override {
    return end();
  }
  bool start_array(size_t) override {
    return begin();
  }
  bool end_array() override {
    return end();
  }

  bool key(string_t& name) override {
    if (names_.back().insert(name).second)
      return true;
    wrong = "an object has `" + printable(name, shown_max) + "` twice";
    return false;
  }

  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception& x) override {
    constexpr int out_of_range = 406;
    wrong = x.id == out_of_range ? "a number is too large" : "that is not JSON";
    return false;
  }

private:
  bool begin() {
    names_.emplace_back();
    if (names_.size() <= json_depth_max)
      return true;
    wrong = "the JSON is nested more than " + std::to_string(json_depth_max)
            + " deep";
    return false;
  }

  bool end() {
    names_.pop_back();
    return true;
  }

  /// Of the objects (and arrays) that are open.
  std::vector<std::set<std::string>> names_;
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size() && is_space(text[at]))
    ++at;
  return at;
}

/// Past the string that begins at `at`.
size_t end_of_string(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return at + 1;
}

/// Past the number or word that begins at `at`.
size_t end_of_word(std::string_view text, size_t at) {
  auto ends = [](char c) {
    return is_space(c) || c == ',' || c == '}' || c == ']';
  };
  while (at < text.size() && !ends(text[at]))
    ++at;
  return at;
}

/// Past the value that begins at `at`.
size_t end_of_value(std::string_view text, size_t at) {
  if (text[at] == '"')
    return end_of_string(text, at);
  if (text[at] != '{' && text[at] != '[')
    return end_of_word(text, at);
  size_t depth = 0;
  do {
    if (text[at] == '"') {
      at = end_of_string(text, at);
      continue;
    }
    depth += text[at] == '{' || text[at] == '[' ? 1 : 0;
    depth -= text[at] == '}' || text[at] == ']' ? 1 : 0;
    ++at;
  } while (depth > 0);
  return at;
}

bool begins_with(std::string_view text, char c) {
  return text[skip_space(text, 0)] == c;
}

std::string compact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    auto end = text[i] == '"' ? end_of_string(text, i) : i + 1;
    if (!is_space(text[i]))
      out += text.substr(i, end - i);
    i = end;
  }
  return out;
}

} // namespace

status check_json(std::string_view text) {
  // The parser would call it no JSON, which tells nobody what to look for.
  for (size_t i = 0; i < text.size();) {
    auto length = utf8_length(text, i);
    if (length == 0)
      return bad("it is not valid UTF-8 at byte " + std::to_string(i));
    i += length;
  }
  checker with;
  if (!json::sax_parse(text, &with))
    return bad(with.wrong);
  return ok();
}

bool is_object(std::string_view text) {
  return begins_with(text, '{');
}

bool is_array(std::string_view text) {
  return begins_with(text, '[');
}

bool is_string(std::string_view text) {
  return begins_with(text, '"');
}

std::vector<json_member> members_of(std::string_view text) {
  std::vector<json_member> out;
  if (!is_object(text))
    return out;
  auto at = skip_space(text, 0);
  for (at = skip_space(text, at + 1); text[at] != '}';) {
    auto end = end_of_string(text, at);
    auto name = string_in(text.substr(at, end - at));
    at = skip_space(text, skip_space(text, end) + 1); // past the colon
    end = end_of_value(text, at);
    out.push_back({std::move(name), text.substr(at, end - at)});
    at = skip_space(text, end);
    if (text[at] == ',')
      at = skip_space(text, at + 1);
  }
  return out;
}

std::vector<std::string_view> elements_of(std::string_view text) {
  std::vector<std::string_view> out;
  if (!is_array(text))
    return out;
  auto at = skip_space(text, 0);
  for (at = skip_space(text, at + 1); text[at] != ']';) {
    auto end = end_of_value(text, at);
    out.push_back(text.substr(at, end - at));
    at = skip_space(text, end);
    if (text[at] == ',')
      at = skip_space(text, at + 1);
  }
  return out;
}

std::string string_in(std::string_view text) {
  assert(is_string(text));
  return json::parse(text).get<std::string>();
}

std::optional<std::string> base64_in(std::string_view text) {
  if (!is_string(text))
    return std::nullopt;
  return base64_decode(string_in(text));
}

std::string value_in(std::string_view text) {
  return is_string(text) ? string_in(text) : compact(text);
}

} // namespace muster::http
