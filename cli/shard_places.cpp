// SPDX-License-Identifier: Apache-2.0
#include "cli/shard_places.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::cli {

bool is_home(const json& status, uint32_t shard, const std::string& machine) {
  auto is_it = [&](const json& x) {
    return x.value("id", uint32_t{UINT32_MAX}) == shard
           && text_of(x, "primary") == machine;
  };
  auto& all = status["shards"];
  return std::any_of(all.begin(), all.end(), is_it);
}

size_t shards_of(const json& status, const std::string& machine) {
  auto names = [&](const json& x, const char* member) {
    if (!x.contains(member) || !x[member].is_array())
      return false;
    auto& all = x[member];
    return std::find(all.begin(), all.end(), json(machine)) != all.end();
  };
  size_t out = 0;
  for (auto& x : status["shards"])
    out += text_of(x, "primary") == machine || names(x, "backups")
           || names(x, "learners");
  return out;
}

bool is_serving(const json& status, const std::string& machine) {
  auto is_it = [&](const json& x) {
    return text_of(x, "id") == machine && text_of(x, "state") == "serving";
  };
  auto& all = status["machines"];
  return std::any_of(all.begin(), all.end(), is_it);
}

} // namespace muster::cli
