// SPDX-License-Identifier: Apache-2.0
#include "cli/load_line.hpp"

#include "cli/answers.hpp"
#include "registry/command.hpp"
#include "registry/key.hpp"
#include "runtime/coordinator/base64.hpp"

#include <nlohmann/json.hpp>

namespace muster::cli {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

result<std::string> value_in(const json& x) {
  if (auto found = x.find("value"); found != x.end())
    return found->is_string() ? found->get<std::string>()
                              : http::to_text(*found);
  if (!x.contains("value_base64"))
    return bad("there is no `value`");
  auto bytes = base64_decode(text_of(x, "value_base64"));
  if (!bytes)
    return bad("`value_base64` is not base64");
  return std::move(*bytes);
}

} // namespace

result<loaded_record> parse_line(std::string_view text) {
  auto parsed = http::parse_json(text);
  if (!parsed)
    return parsed.failure();
  if (!parsed->is_object() || parsed->size() != 2)
    return bad(R"(not of the form {"key": "/a", "value": ...})");
  if (!parsed->contains("key") || !(*parsed)["key"].is_string())
    return bad("`key` must be a string");
  loaded_record out;
  out.key = text_of(*parsed, "key");
  if (auto checked = check_key(out.key); !checked)
    return checked.failure();
  auto value = value_in(*parsed);
  if (!value)
    return value.failure();
  if (value->size() > value_bytes_max)
    return bad("the value has " + std::to_string(value->size())
               + " bytes, the limit is " + std::to_string(value_bytes_max));
  out.value = std::move(*value);
  return out;
}

} // namespace muster::cli
