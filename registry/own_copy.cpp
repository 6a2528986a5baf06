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

std::optional<policy_view> local_copies::own_view() const {
  auto& prefix = options_.own_prefix;
  auto found = shards_.find(shard_of(prefix, shard_count_));
  if (prefix.empty() || found == shards_.end())
    return std::nullopt;
  auto& s = found->second;
  // A wider copy shows it as well, and may come first: what is acknowledged
  // under its grant must be known (A1).
  if (!under_held_prefix(s, prefix))
    return std::nullopt;
  policy_view out;
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
