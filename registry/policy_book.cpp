// SPDX-License-Identifier: Apache-2.0
#include "registry/policy_book.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"
#include "registry/shard_context.hpp"

#include <algorithm>
#include <utility>

namespace muster {

void policy_book::show(const policy_view& x) {
  // A copy may come from somebody who is behind what this machine has
  // acknowledged as a replica, or heard.
  auto values = !x.whole || x.upto < upto_ ? values_with(x) : values_of(x);
  upto_ = std::max(upto_, x.upto);
  auto known = known_ || x.whole;
  if (known == known_ && values == values_)
    return;
  known_ = known;
  ++version_;
  values_ = std::move(values);
  find_policies();
}

policy_book::all_values policy_book::values_of(const policy_view& x) const {
  all_values out;
  for (auto& [key, value] : x.records)
    out[key].insert(value);
  for (auto& change : x.undecided) {
    auto& here = out[change.key];
    if (!change.erased && !MUSTER_MUTANT(agent_policy_undecided_ignored))
      here.insert(change.value);
  }
  // A source may keep only the newest of several changes of a record: one
  // before it may have been committed and acknowledged meanwhile.
  for (auto& change : x.undecided) {
    auto before = values_.find(change.key);
    auto& here = out[change.key];
    if (before != values_.end()
        && here.size() + before->second.size() <= values_max)
      here.insert(before->second.begin(), before->second.end());
  }
  return out;
}

policy_book::all_values policy_book::values_with(const policy_view& x) const {
  auto out = values_;
  auto insert = [&](const std::string& key, const std::string& value) {
    auto& here = out[key];
    if (here.size() < values_max)
      here.insert(value);
  };
  for (auto& [key, value] : x.records)
    insert(key, value);
  for (auto& change : x.undecided)
    if (!change.erased && !MUSTER_MUTANT(agent_policy_undecided_ignored))
      insert(change.key, change.value);
  return out;
}

void policy_book::find_policies() {
  in_force_.clear();
  ignored_.clear();
  size_t count = 0;
  for (auto& [key, texts] : values_) {
    if (texts.empty())
      continue;
    if (++count > policies_max) {
      ignored_[key] = "there are more than " + std::to_string(policies_max)
                      + " policies";
      continue;
    }
    for (auto& text : texts) {
      auto parsed = parse_policy(policy_name(key), text);
      if (parsed)
        in_force_.push_back(std::move(*parsed));
      else
        ignored_[key] = parsed.failure().message;
    }
  }
}

namespace {

bool touches(const log_entry& x) {
  return std::any_of(x.effects.begin(), x.effects.end(),
                     [](auto& e) { return covers(policies_prefix, e.key); });
}

} // namespace

std::optional<policy_view> replica_policies::look(const shard_context& x) {
  auto committed = x.state.committed();
  auto last = x.log.last();
  auto cut = !looked_ || x.highest != of_ || last < last_
             || committed < committed_;
  if (!cut && committed == committed_ && last == last_)
    return std::nullopt;
  if (cut)
    touching_.clear();
  auto changed = cut || x.log.base() > last_; // a snapshot was installed
  auto from = cut ? committed : std::max(last_, x.log.base());
  for (auto at = from.next(); at <= last; at = at.next())
    if (touches(x.log.at(at).entry)) {
      changed = touching_.insert(at).second || changed;
      newest_ = std::max(newest_, at);
    }
  while (!touching_.empty() && *touching_.begin() <= committed) {
    touching_.erase(touching_.begin());
    changed = true;
  }
  looked_ = true;
  of_ = x.highest;
  committed_ = committed;
  last_ = last;
  if (!changed)
    return std::nullopt;
  policy_view out;
  std::string prefix{policies_prefix};
  auto& records = x.state.records();
  for (auto i = records.lower_bound(prefix);
       i != records.end() && i->first.starts_with(prefix); ++i)
    if (covers(prefix, i->first)) {
      out.records.emplace(i->first, i->second.value);
      newest_ = std::max(newest_, i->second.version);
    }
  // Of a policy that was removed before this replica began nothing is left.
  out.upto = std::max(newest_, committed);
  for (auto at : touching_)
    for (auto& e : x.log.at(at).entry.effects)
      // P2: a lock writes nothing; the decision's entry does.
      if (covers(prefix, e.key) && !e.locked)
        out.undecided.push_back({e.key, e.value, e.erased});
  return out;
}

} // namespace muster
