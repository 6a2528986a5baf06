// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_ready.hpp"

#include <algorithm>

namespace muster::cli {

namespace {

constexpr std::chrono::milliseconds ask_timeout{1'000};

/// How many elements of the array do not have that state.
size_t count_other(const json& all, const char* state) {
  size_t out = 0;
  for (auto& each : all)
    out += text_of(each, "state") == state ? 0 : 1;
  return out;
}

} // namespace

bool cluster_ready::poll() {
  for (auto& each : plan_.machines)
    if (!ready_.contains(each.id) && ask(each))
      ready_.insert(each.id);
  return ready_.size() == plan_.machines.size();
}

bool cluster_ready::ask(const launch::planned_machine& x) {
  http_caller caller{
    {x.id, "127.0.0.1:" + std::to_string(x.http_port), std::string{}}};
  auto told = call_json(caller,
                        {.target = "/v1/status", .timeout = ask_timeout});
  if (!told || !told->contains("machines") || !told->contains("shards")) {
    waiting_for_ = x.id + " to answer";
    return false;
  }
  status_ = std::move(*told);
  auto& machines = status_["machines"];
  auto& shards = status_["shards"];
  auto missing = plan_.machines.size()
                 - std::min(machines.size(), plan_.machines.size())
                 + count_other(machines, "serving");
  auto unserved = plan_.shards - std::min<size_t>(shards.size(), plan_.shards)
                  + count_other(shards, "served");
  waiting_for_ = x.id + " to see " + std::to_string(missing)
                 + " more machines serving and " + std::to_string(unserved)
                 + " more shards served";
  return missing == 0 && unserved == 0;
}

} // namespace muster::cli
