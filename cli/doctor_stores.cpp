// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_stores.hpp"

#include "runtime/store/set_aside.hpp"

#include <algorithm>

namespace muster::cli {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> damaged_in(const fs::path& data) {
  auto prefix = std::string{"store"} + damaged_suffix;
  std::vector<std::string> out;
  std::error_code ignored;
  for (auto& entry : fs::directory_iterator(data, ignored))
    if (entry.path().filename().string().starts_with(prefix))
      out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

findings check_stores(const fs::path& directory,
                      const launch::cluster_plan& plan) {
  findings out;
  for (auto& each : plan.machines)
    for (auto& name : damaged_in(directory / each.id / "data"))
      out.push_back({health::warn, "store " + each.id,
                     "set aside as " + name + ": "
                       + why_given_up(name).value_or("it was damaged")
                       + "; the machine has a new one",
                     "check that disk; remove the old store when all shards "
                     "are served"});
  return out;
}

} // namespace muster::cli
