// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/parameters.hpp"

#include <charconv>

namespace muster::http {

std::optional<uint64_t> whole_number(std::string_view text, uint64_t most) {
  uint64_t out = 0;
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, out);
  if (ec != std::errc{} || end != last || out > most)
    return std::nullopt;
  return out;
}

result<std::optional<uint64_t>>
number_in(const request& x, const std::string& name, uint64_t most) {
  auto text = x.parameter(name);
  if (text == nullptr)
    return std::optional<uint64_t>{};
  auto out = whole_number(*text, most);
  if (!out)
    return error{
      errc::invalid_argument,
      "`" + name + "` must be a whole number"
        + (most == UINT64_MAX ? "" : " of at most " + std::to_string(most))};
  return out;
}

result<bool> flag_in(const request& x, const std::string& name) {
  auto text = x.parameter(name);
  if (text == nullptr || *text == "0" || *text == "false")
    return false;
  if (text->empty() || *text == "1" || *text == "true")
    return true;
  return error{errc::invalid_argument,
               "`" + name + "` is a flag: leave its value out"};
}

} // namespace muster::http
