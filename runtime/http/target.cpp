// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/target.hpp"

namespace muster::http {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// Adds `name=value` to `out`. @returns what is wrong, or nothing
std::string add_parameter(std::string_view text,
                          std::map<std::string, std::string>& out) {
  auto equals = text.find('=');
  auto name = percent_decode(text.substr(0, equals));
  auto value = equals == std::string_view::npos
                 ? std::optional<std::string>{""}
                 : percent_decode(text.substr(equals + 1));
  if (!name || !value)
    return "the query has a broken percent escape";
  if (!out.emplace(*name, *value).second)
    return "the parameter " + *name + " comes twice";
  return {};
}

} // namespace

result<target> parse_target(std::string_view text) {
  target out;
  auto mark = text.find('?');
  auto path = percent_decode(text.substr(0, mark));
  if (!path || !path->starts_with('/'))
    return bad("the request target is not a path, or has a broken escape");
  out.path = std::move(*path);
  auto rest = mark == std::string_view::npos ? std::string_view{}
                                             : text.substr(mark + 1);
  while (!rest.empty()) {
    auto end = rest.find('&');
    auto part = rest.substr(0, end);
    if (!part.empty())
      if (auto wrong = add_parameter(part, out.query); !wrong.empty())
        return bad(std::move(wrong));
    rest = end == std::string_view::npos ? std::string_view{}
                                         : rest.substr(end + 1);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size())
      return std::nullopt;
    auto high = hex_value(text[i + 1]);
    auto low = hex_value(text[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (auto c : text) {
    if (is_unreserved(c) || c == '/') {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex_digits[byte >> 4];
    out += hex_digits[byte & 15];
  }
  return out;
}

} // namespace muster::http
