// SPDX-License-Identifier: Apache-2.0
#include "registry/transaction.hpp"

#include "registry/key.hpp"

#include <set>

namespace muster {

std::vector<shard_id> shards_of(const command& x, uint32_t shard_count) {
  std::set<shard_id> out;
  each_key(x, [&](auto& key) { out.insert(shard_of(key, shard_count)); });
  return {out.begin(), out.end()};
}

command part_of(const command& x, shard_id shard, uint32_t shard_count) {
  command out;
  out.id = x.id;
  for (auto& op : x.operations)
    if (shard_of(op.key, shard_count) == shard)
      out.operations.push_back(op);
  for (auto& op : x.otherwise)
    if (shard_of(op.key, shard_count) == shard)
      out.otherwise.push_back(op);
  for (auto& g : x.guards)
    if (shard_of(g.key, shard_count) == shard)
      out.guards.push_back(g);
  return out;
}

void overwrite(std::vector<effect>& all, const std::vector<effect>& by) {
  for (auto& x : by)
    for (auto& y : all)
      if (y.key == x.key)
        y = x;
}

namespace {

/// Of the records that a part locks, together. A decision writes those that it
/// does not change as they stand, and a message has 16 MiB.
constexpr size_t locked_bytes_max = size_t{8} << 20;

/// Of the values that the keys of `part` have now.
size_t locked_bytes(const command& part, const record_source& state) {
  std::set<std::string_view> counted;
  size_t out = 0;
  each_key(part, [&](const std::string& key) {
    auto found = counted.insert(key).second ? state.find(key) : nullptr;
    if (found)
      out += key.size() + found->value.size();
  });
  return out;
}

} // namespace

planned_part plan_part(const command& part, bool either,
                       const record_source& state) {
  planned_part out;
  auto failed = failed_guard(part, state);
  if (!failed.empty() && !either)
    return {std::move(failed), {}};
  out.what.holds = failed.empty();
  if (out.what.holds)
    out.what.operations = plan_of(part.operations, state);
  if (either)
    out.what.otherwise = plan_of(part.otherwise, state);
  // What cannot be done refuses the command only if it is known to be asked.
  if (!out.what.holds)
    out.refusal = out.what.otherwise.refusal;
  else if (!either)
    out.refusal = out.what.operations.refusal;
  if (auto bytes = locked_bytes(part, state);
      bytes > locked_bytes_max && out.refusal.empty())
    out.refusal = "the records of its keys have " + std::to_string(bytes)
                  + " bytes in one shard, the limit is "
                  + std::to_string(locked_bytes_max);
  return out;
}

std::vector<int64_t>
join_counters(const std::vector<operation>& xs, uint32_t shard_count,
              const std::map<shard_id, std::vector<int64_t>>& parts) {
  std::vector<int64_t> out;
  std::map<shard_id, size_t> taken;
  for (auto& op : xs) {
    if (op.kind != operation_kind::add)
      continue;
    auto shard = shard_of(op.key, shard_count);
    auto found = parts.find(shard);
    auto next = taken[shard]++;
    if (found != parts.end() && next < found->second.size())
      out.push_back(found->second[next]);
  }
  return out;
}

} // namespace muster
