// SPDX-License-Identifier: Apache-2.0

// The part of `local_copies` that decides who grants: the home, or the switch
// that this machine is behind (D5).

#include "registry/local_copies.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

peer local_copies::granter_of(const shard_copies& s) const {
  return choice_.uses_switch(s.of.shard) ? choice_.rack_switch() : home_of(s);
}

void local_copies::on_members(const std::vector<member>& members, boot_time now,
                              copy_effects& out) {
  if (options_.behind == machine_id{})
    return;
  peer found;
  for (auto& m : members)
    if (m.who.id == options_.behind && m.is_switch())
      found = m.who;
  std::map<shard_id, peer> former;
  for (auto& [id, s] : shards_)
    former[id] = granter_of(s);
  choice_.set_switch(found, now);
  for (auto& [id, s] : shards_)
    if (granter_of(s) != former[id])
      leave_granter(id, s, former[id], now, out);
}

void local_copies::choose_granter(shard_id id, shard_copies& s, boot_time now,
                                  copy_effects& out) {
  if (options_.behind == machine_id{})
    return;
  auto former = granter_of(s);
  choice_.choose(id, complete(id, s), now);
  if (granter_of(s) != former)
    leave_granter(id, s, former, now, out);
}

void local_copies::leave_granter(shard_id id, shard_copies& s,
                                 const peer& former, boot_time now,
                                 copy_effects& out) {
  if (MUSTER_MUTANT(d5_copies_kept))
    return;
  // D5: nothing of one granter is held under the leases of another.
  give_up(id, s, former, out);
  drop_all(id, s, out);
  ask_missing(id, s, now, out);
}

bool local_copies::complete(shard_id id, const shard_copies& s) const {
  if (s.replica_here || s.of.primary == machine_id{})
    return true; // nobody is asked for anything
  auto has = [&](auto& prefix) {
    auto i = s.prefixes.find(prefix);
    return !concerns(prefix, id)
           || (i != s.prefixes.end() && i->second.grant != grant_number{});
  };
  return std::all_of(pinned_.begin(), pinned_.end(), has)
         && (options_.own_prefix.empty() || has(options_.own_prefix));
}

} // namespace muster
