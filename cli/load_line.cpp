// SPDX-License-Identifier: Apache-2.0
#include "cli/load_line.hpp"

#include "cli/json_text.hpp"
#include "registry/command.hpp"
#include "registry/key.hpp"
#include "runtime/coordinator/base64.hpp"

namespace muster::cli {

namespace {

/// Some editors put it at the beginning of a file.
constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

result<std::string> value_of(const json_member& x) {
  if (x.name == "value")
    return is_string(x.text) ? string_in(x.text) : compact(x.text);
  if (x.name != "value_base64")
    return bad("there is no `value`");
  auto bytes = is_string(x.text) ? base64_decode(string_in(x.text))
                                 : std::nullopt;
  if (!bytes)
    return bad("`value_base64` is not base64");
  return std::move(*bytes);
}

} // namespace

result<loaded_record> parse_line(std::string_view text) {
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  if (auto checked = check_json(text); !checked)
    return checked.failure();
  auto members = members_of(text);
  if (members.size() != 2)
    return bad(R"(not of the form {"key": "/a", "value": ...})");
  if (members[0].name != "key")
    std::swap(members[0], members[1]);
  if (members[0].name != "key" || !is_string(members[0].text))
    return bad("`key` must be a string");
  loaded_record out;
  out.key = string_in(members[0].text);
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
