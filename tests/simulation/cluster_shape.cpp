// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/cluster_shape.hpp"

#include <algorithm>

namespace muster::sim {

bool cluster_shape::has_holder(const std::vector<machine_id>& machines) const {
  return std::any_of(machines.begin(), machines.end(), [&](auto& id) {
    return !stores(id) && !is_switch(id) && mirrors.contains(id);
  });
}

bool cluster_shape::has_rack(const std::vector<machine_id>& machines) const {
  auto here = [&](const machine_id& id) {
    return std::find(machines.begin(), machines.end(), id) != machines.end();
  };
  return std::any_of(behind.begin(), behind.end(), [&](auto& x) {
    return has_holder({x.first}) && here(x.first) && here(x.second);
  });
}

} // namespace muster::sim
