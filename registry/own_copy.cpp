// SPDX-License-Identifier: Apache-2.0

// The prefix that a machine mirrors for itself, among its local copies.

#include "registry/key.hpp"
#include "registry/local_copies.hpp"

#include <algorithm>

namespace muster {

void local_copies::note_own(const std::string& key) {
  if (!options_.own_prefix.empty() && covers(options_.own_prefix, key))
    ++own_version_;
}

void local_copies::hear_own(const shard_copies& s, const invalidate& x) {
  heard_.clear();
  auto& prefix = options_.own_prefix;
  if (prefix.empty() || under_held_prefix(s, prefix))
    return;
  for (auto& e : x.effects)
    if (covers(prefix, e.key) && !e.locked)
      heard_.push_back({e.key, e.value, e.erased});
  if (heard_.empty())
    return;
  heard_at_ = std::max(heard_at_, x.at);
  ++own_version_;
}

void local_copies::settle_own(shard_id shard, sequence upto) {
  if (heard_at_ == sequence{} || upto < heard_at_
      || shard != shard_of(options_.own_prefix, shard_count_))
    return;
  heard_at_ = sequence{};
  ++own_version_;
}

std::optional<policy_view> local_copies::own_view() const {
  auto& prefix = options_.own_prefix;
  auto found = shards_.find(shard_of(prefix, shard_count_));
  if (prefix.empty() || found == shards_.end())
    return std::nullopt;
  auto& s = found->second;
  policy_view out;
  // A wider copy shows it as well, and may come first: what is acknowledged
  // under its grant must be known (A1).
  if (!under_held_prefix(s, prefix)) {
    if (heard_.empty())
      return std::nullopt;
    out.undecided = heard_;
    out.upto = heard_at_;
    out.whole = false;
    return out;
  }
  out.upto = s.validated;
  each_prefix(prefix, [&](auto held) {
    auto i = s.prefixes.find(held);
    if (i != s.prefixes.end() && i->second.grant != grant_number{})
      out.upto = std::max(out.upto, i->second.as_of);
  });
  for (auto i = s.records.lower_bound(prefix);
       i != s.records.end() && i->first.starts_with(prefix); ++i) {
    auto& [key, r] = *i;
    if (!covers(prefix, key))
      continue;
    if (!r.erased)
      out.records.emplace(key, r.value);
    out.upto = std::max({out.upto, r.version, r.pending});
    if (r.pending != sequence{} && !r.pending_locked)
      out.undecided.push_back({key, r.pending_value, r.pending_erased});
  }
  return out;
}

} // namespace muster
