// SPDX-License-Identifier: Apache-2.0
#include "cli/load_line.hpp"

#include "registry/command.hpp"
#include "registry/key.hpp"
#include "runtime/http/json_text.hpp"

namespace muster::cli {

namespace {

/// Some editors put it at the beginning of a file.
constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

result<std::string> value_of(const http::json_member& x) {
  if (x.name == "value")
    return http::value_in(x.text);
  if (x.name != "value_base64")
    return bad("there is no `value`");
  auto bytes = http::base64_in(x.text);
  if (!bytes)
    return bad("`value_base64` is not base64");
  return std::move(*bytes);
}

} // namespace

result<loaded_record> parse_line(std::string_view text) {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (auto checked = http::check_json(text); !checked)
    return checked.failure();
  auto members = http::members_of(text);
  if (members.size() != 2)
    return bad(R"(not of the form {"key": "/a", "value": ...})");
  if (members[0].name != "key")
    std::swap(members[0], members[1]);
  if (members[0].name != "key" || !http::is_string(members[0].text))
    return bad("`key` must be a string");
  loaded_record out;
  out.key = http::string_in(members[0].text);
  if (auto checked = check_key(out.key); !checked)
    return checked.failure();
  auto value = value_of(members[1]);
  if (!value)
    return value.failure();
  if (value->size() > value_bytes_max)
    return bad("the value has " + std::to_string(value->size())
               + " bytes, the limit is " + std::to_string(value_bytes_max));
  out.value = std::move(*value);
  return out;
}

} // namespace muster::cli
