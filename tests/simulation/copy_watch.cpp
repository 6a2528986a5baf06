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

std::string copy_watch::check(const machine_id& owner,
                              const shard_replica& primary,
                              const std::vector<std::string>& keys) const {
  auto shard = primary.context().shard;
  auto found = directories_.find({shard, owner});
  for (auto& [id, of] : tables_) {
    if (id == owner)
      continue;
    for (auto& key : keys) {
      if (!serves_copy(*of.table, shard, key))
        continue;
      ++found_count_;
      if (found == directories_.end()
          || !found->second->lists({id, of.run}, key))
        return "I16: " + id.value + " serves a copy of " + key
               + " that the directory of " + owner.value + " does not have";
    }
  }
  return {};
}

} // namespace muster::sim
