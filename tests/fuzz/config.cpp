// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/configuration.hpp"
#include "tests/fuzz/target.hpp"

// A configuration file.

namespace muster::fuzz {

bool run(std::string_view input) {
  configuration found;
  if (!read_toml(input, "f", found))
    return false;
  static_cast<void>(check(found.values));
  configuration again;
  for (auto& each : option_table()) {
    auto text = each.print(found.values);
    // Not set: an empty text would be refused.
    if (text == each.print(again.values))
      continue;
    auto set = set_option(each, text, {}, again);
    require(static_cast<bool>(set), "a printed value can be set");
    require(each.print(again.values) == text, "printing keeps it");
  }
  found.render();
  return true;
}

std::vector<std::string> seeds() {
  configuration defaults;
  std::vector<std::string> out;
  for (auto& each : option_table()) {
    auto text = each.print(defaults.values);
    auto dot = each.name.find('.');
    auto inner = dot == std::string_view::npos ? each.name
                                               : each.name.substr(dot + 1);
    if (text.empty())
      continue;
    auto head = dot == std::string_view::npos
                  ? std::string{}
                  : "[" + std::string{each.name.substr(0, dot)} + "]\n";
    out.push_back(head + std::string{inner} + " = \"" + text + "\"\n");
  }
  return out;
}

} // namespace muster::fuzz
