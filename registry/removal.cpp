// SPDX-License-Identifier: Apache-2.0
#include "registry/removal.hpp"

#include <algorithm>

namespace muster {

status may_remove(const cluster_facts& x, const machine_id& id, bool force) {
  auto is_it = [&](auto& m) { return m.who.id == id; };
  if (std::none_of(x.members.begin(), x.members.end(), is_it))
    return error{errc::not_found, "no machine is registered as " + id.value};
  if (force)
    return ok();
  if (auto count = shards_on(x, id); count > 0)
    return error{errc::in_use, id.value + " holds " + std::to_string(count)
                                 + " shards: drain it first, or --force"};
  if (std::find(x.alive.begin(), x.alive.end(), id) != x.alive.end())
    return error{errc::in_use,
                 id.value + " is alive: stop it first, or --force"};
  return ok();
}

} // namespace muster
