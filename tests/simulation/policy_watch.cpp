// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/policy_watch.hpp"

#include <algorithm>

namespace muster::sim {

namespace {

bool knows_of(const policy_book& book, const policy& x) {
  auto& all = book.in_force();
  return std::find(all.begin(), all.end(), x) != all.end();
}

bool is_under(const policy& x, const log_entry& entry) {
  return std::any_of(entry.effects.begin(), entry.effects.end(),
                     [&](auto& e) { return under_policy(x.prefix, e.key); });
}

} // namespace

void policy_watch::forget(const machine_id& owner) {
  boards_.erase(owner);
  std::erase_if(agents_, [&](auto& x) { return x.first.second == owner; });
}

void policy_watch::added(const policy& x,
                         const std::vector<machine_id>& aware) {
  known_policy made{x, now_(), {}, {}, {}};
  for (auto& [id, seen] : boards_) {
    if (!seen.what->book().known())
      continue; // as if it started later
    made.present.insert({id, seen.run});
    if (std::find(aware.begin(), aware.end(), id) != aware.end())
      made.aware.insert({id, seen.run});
  }
  in_force_[x.name] = std::move(made);
}

bool policy_watch::must_keep(known_policy& x, const peer& home, bool knows,
                             const policy_book& book) const {
  if (now_() <= x.since)
    return false;
  if (x.aware.count(home) > 0)
    return true;
  if (x.present.count(home) == 0)
    return book.known(); // it started later
  if (!knows)
    return false;
  // In the very instant in which it learns of it, its shards may not know yet.
  return x.learned.emplace(home, now_()).first->second < now_();
}

std::string policy_watch::committed(const machine_id& owner, shard_id shard,
                                    const log_entry& x) {
  auto home = boards_.find(owner);
  auto agent = agents_.find({shard, owner});
  if (home == boards_.end() || agent == agents_.end())
    return {};
  auto& book = home->second.what->book();
  for (auto& [name, known] : in_force_) {
    if (!is_under(known.what, x))
      continue;
    auto knows = knows_of(book, known.what);
    if (!must_keep(known, {owner, home->second.run}, knows, book))
      continue;
    ++checked_count_;
    if (!knows)
      return "policy " + name + " is not known";
    for (auto& id : known.what.machines)
      if (!agent->second->is_done(x.at, id))
        return "policy " + name + ": committed " + std::to_string(x.at.value)
               + " without the word of " + id.value;
  }
  return {};
}

} // namespace muster::sim
