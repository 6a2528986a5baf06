// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_view.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace muster::cli {

namespace {

constexpr std::chrono::milliseconds ask_timeout{1'000};

/// Shards by primary, as positions in the array.
std::map<std::string, std::vector<size_t>> portions(const json& shards) {
  std::map<std::string, std::vector<size_t>> out;
  for (size_t i = 0; i < shards.size(); ++i)
    out[text_of(shards[i], "primary")].push_back(i);
  return out;
}

/// Takes over what `told` says of the shards at `positions`.
void take(json& shards, const std::vector<size_t>& positions, const json& told,
          const std::string& primary) {
  for (auto i : positions) {
    // Both list all shards by number; a move in between shows as a difference.
    if (i < told.size() && text_of(told[i], "primary") == primary)
      shards[i] = told[i];
    else
      shards[i]["state"] = "moving";
  }
}

} // namespace

json cluster_view(json first, const deadline& end) {
  auto& shards = first["shards"];
  std::map<std::string, std::string> addresses;
  for (auto& each : first["machines"])
    addresses[text_of(each, "id")] = text_of(each, "http");
  for (auto& [primary, positions] : portions(shards)) {
    if (primary.empty() || primary == text_of(first, "answered_by"))
      continue;
    http_caller caller{{primary, addresses[primary], {}}};
    auto told = call_json(caller,
                          {.target = "/v1/status",
                           .timeout = std::min(ask_timeout, end.left())},
                          {"shards"});
    if (told)
      take(shards, positions, (*told)["shards"], primary);
    else
      for (auto i : positions)
        shards[i]["state"] = primary + " does not answer";
  }
  return first;
}

size_t served_shards(const json& view) {
  size_t out = 0;
  if (view.contains("shards"))
    for (auto& each : view["shards"])
      out += text_of(each, "state") == "served" ? 1 : 0;
  return out;
}

} // namespace muster::cli
