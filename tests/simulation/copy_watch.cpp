// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/copy_watch.hpp"

namespace muster::sim {

namespace {

bool serves_copy(const read_table& table, shard_id shard,
                 const std::string& key) {
  auto got = table.read(shard, key, [](std::string_view, sequence) {});
  return (got.kind == read_kind::served || got.kind == read_kind::served_absent)
         && got.served_from == 2;
}

} // namespace

void copy_watch::forget(const machine_id& owner) {
  tables_.erase(owner);
  std::erase_if(directories_, [&](auto& x) { return x.first.second == owner; });
}

bool copy_watch::lists(const machine_id& owner, shard_id shard, const peer& who,
                       const std::string& key) const {
  auto home = directories_.find({shard, owner});
  if (home == directories_.end())
    return false;
  return home->second->lists(who, key)
         || lists_behind(*home->second, shard, who, key);
}

std::vector<peer> copy_watch::holders_at(const machine_id& granter,
                                         shard_id shard,
                                         const std::string& key) const {
  auto found = directories_.find({shard, granter});
  return found == directories_.end() ? std::vector<peer>{}
                                     : found->second->holders_of(key);
}

bool copy_watch::lists_behind(const home_agent& home, shard_id shard,
                              const peer& who, const std::string& key) const {
  auto rack = behind_.find(who.id);
  if (rack == behind_.end())
    return false;
  auto alive = tables_.find(rack->second);
  auto directory = directories_.find({shard, rack->second});
  for (auto& holder : home.holders_of(key)) {
    if (holder.id != rack->second)
      continue;
    auto is_alive = alive != tables_.end() && alive->second.run == holder.run;
    if (is_alive
        && (directory == directories_.end()
            || !directory->second->lists(who, key)))
      continue;
    ++behind_count_;
    return true;
  }
  return false;
}

std::string copy_watch::check(const machine_id& owner,
                              const shard_replica& primary,
                              const std::vector<std::string>& keys) const {
  auto shard = primary.context().shard;
  for (auto& [id, of] : tables_) {
    if (id == owner)
      continue;
    for (auto& key : keys) {
      if (!serves_copy(*of.table, shard, key))
        continue;
      ++found_count_;
      if (!lists(owner, shard, {id, of.run}, key))
        return "I16: " + id.value + " serves a copy of " + key
               + " that the directory of " + owner.value + " does not have";
    }
  }
  return {};
}

} // namespace muster::sim
