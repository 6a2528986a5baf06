// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"

#include "runtime/coordinator/base64.hpp"

#include <nlohmann/json.hpp>

namespace muster::cli {

namespace {

/// The code of that name; `corrupt` if there is none.
errc errc_of(const std::string& name) {
  for (auto i = static_cast<int>(errc::invalid_argument);
       i <= static_cast<int>(errc::io); ++i)
    if (name == to_string(static_cast<errc>(i)))
      return static_cast<errc>(i);
  return errc::corrupt;
}

} // namespace

result<json> json_of(const reply& x) {
  auto parsed = http::parse_json(x.body);
  if (parsed && x.status >= 200 && x.status < 300)
    return std::move(*parsed);
  if (parsed && parsed->is_object() && parsed->contains("error")) {
    auto& told = (*parsed)["error"];
    return error{errc_of(text_of(told, "code")), text_of(told, "message")};
  }
  return error{errc::corrupt, "the answer (status " + std::to_string(x.status)
                                + ") is not one of a Muster machine"};
}

result<json> call_json(http_caller& to, const call& x,
                       std::initializer_list<const char*> arrays) {
  auto answered = to.send(x);
  if (!answered)
    return answered.failure();
  auto told = json_of(*answered);
  if (!told)
    return told;
  for (auto name : arrays)
    if (!told->is_object() || !told->contains(name)
        || !(*told)[name].is_array())
      return error{errc::corrupt, to.to().text() + " does not answer as a "
                                                   "Muster machine does"};
  return told;
}

std::string text_of(const json& x, const char* member) {
  if (!x.is_object())
    return {};
  auto found = x.find(member);
  return found != x.end() && found->is_string() ? found->get<std::string>()
                                                : std::string{};
}

std::string strings_in(const json& x, const char* between) {
  std::string out;
  if (!x.is_array())
    return out;
  for (auto& each : x)
    if (each.is_string())
      out += (out.empty() ? "" : between) + each.get<std::string>();
  return out;
}

std::string strings_of(const json& x, const char* member, const char* between) {
  return x.is_object() && x.contains(member) ? strings_in(x[member], between)
                                             : std::string{};
}

std::string show(const json& x, const char* member) {
  if (!x.is_object() || !x.contains(member) || x[member].is_null())
    return "-";
  return x[member].is_string() ? x[member].get<std::string>()
                               : http::to_text(x[member]);
}

std::string value_of(const json& x) {
  if (x.contains("value_base64"))
    return base64_decode(text_of(x, "value_base64")).value_or("");
  return text_of(x, "value");
}

} // namespace muster::cli
