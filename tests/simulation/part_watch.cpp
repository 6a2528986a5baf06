// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/part_watch.hpp"

namespace muster::sim {

std::string part_watch::committed(shard_id shard, const log_entry& x) {
  auto& id = x.id.value;
  auto name = id + " attempt " + std::to_string(x.attempt.of.value) + "."
              + std::to_string(x.attempt.at.value);
  if (x.kind == entry_kind::abort_part || x.kind == entry_kind::refuse_part) {
    aborted_.insert({id, x.attempt});
    auto found = commands_.find(id);
    if (found != commands_.end() && found->second.attempt == x.attempt)
      return "I2: " + name + " is committed, and aborted here";
    return {};
  }
  if (x.kind != entry_kind::commit_part)
    return {};
  if (aborted_.count({id, x.attempt}) > 0)
    return "I2: " + name + " is aborted, and committed here";
  auto [i, is_new] = commands_.try_emplace(id);
  auto& c = i->second;
  if (is_new)
    c.attempt = x.attempt;
  else if (c.attempt != x.attempt)
    return "I10: " + name + " is committed, after another attempt";
  c.others.insert(x.others.begin(), x.others.end());
  auto done = c.done.try_emplace(shard, x.at);
  if (done.first->second != x.at)
    return "I10: " + name + " is carried out twice";
  return {};
}

std::optional<sequence> part_watch::version(const std::string& id,
                                            shard_id shard) const {
  auto i = commands_.find(id);
  if (i == commands_.end())
    return std::nullopt;
  auto j = i->second.done.find(shard);
  return j == i->second.done.end() ? std::nullopt : std::optional{j->second};
}

std::string part_watch::missing() const {
  for (auto& [id, c] : commands_) {
    for (auto shard : c.others)
      if (c.done.count(shard) == 0)
        return "I2: " + id + " is committed, shard "
               + std::to_string(shard.value) + " has not carried it out";
    if (c.done.count(c.attempt.decider) == 0)
      return "I2: " + id + " is carried out, and was never decided";
  }
  return {};
}

} // namespace muster::sim
