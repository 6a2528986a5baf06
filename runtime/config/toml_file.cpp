// SPDX-License-Identifier: Apache-2.0

// The only translation unit that knows the TOML library.

#include "runtime/config/configuration.hpp"

#include <toml++/toml.h>

namespace muster {

namespace {

std::string place_of(const std::string& file, const toml::source_region& x) {
  return file + ":" + std::to_string(x.begin.line);
}

error wrong(const std::string& place, const std::string& why) {
  return {errc::invalid_argument, place + ": " + why};
}

/// A value as an option's text; nothing for tables, dates and floats.
std::optional<std::string> text_of(const toml::node& x) {
  if (auto* text = x.as_string())
    return text->get();
  if (auto* number = x.as_integer())
    return std::to_string(number->get());
  if (auto* truth = x.as_boolean())
    return std::string{truth->get() ? "true" : "false"};
  if (auto* list = x.as_array()) {
    std::string all;
    for (auto& item : *list) {
      if (!item.is_string())
        return std::nullopt;
      all.append(all.empty() ? "" : ",").append(item.as_string()->get());
    }
    return all;
  }
  return std::nullopt;
}

status read_table(const toml::table& from, const std::string& prefix,
                  const std::string& file, configuration& to) {
  for (auto& [key, node] : from) {
    auto name = prefix + std::string{key.str()};
    auto place = place_of(file, node.source());
    if (auto* inner = node.as_table(); inner != nullptr && prefix.empty()) {
      if (auto done = read_table(*inner, name + ".", file, to); !done)
        return done;
      continue;
    }
    auto* which = find_option(name);
    if (which == nullptr)
      return wrong(place, "there is no option '" + name + "'");
    auto text = text_of(node);
    if (!text || (node.is_array() && !which->is_list))
      return wrong(place, name + " has a value of the wrong type");
    option_origin origin{option_source::file, place};
    if (auto done = set_option(*which, *text, std::move(origin), to); !done)
      return done;
  }
  return ok();
}

} // namespace

status read_toml(std::string_view text, const std::string& name,
                 configuration& to) {
  try {
    return read_table(toml::parse(text, name), {}, name, to);
  } catch (const toml::parse_error& e) {
    return wrong(place_of(name, e.source()), std::string{e.description()});
  }
}

} // namespace muster
