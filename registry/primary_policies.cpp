// SPDX-License-Identifier: Apache-2.0

// Policies at the primary: its agent says what must be watched.

#include "registry/mutants.hpp"
#include "registry/policy.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <iterator>

namespace muster {

bool primary_role::under_policies(const std::vector<effect>& effects) const {
  auto is_under = [&](auto& e) {
    return std::any_of(policy_prefixes_.begin(), policy_prefixes_.end(),
                       [&](auto& x) { return under_policy(x, e.key); });
  };
  return std::any_of(effects.begin(), effects.end(), is_under);
}

watched_entry primary_role::watched_entry_of(const pending_entry& p,
                                             const log_entry& entry) {
  auto by_policy = [](auto& x) { return x.reason == participation::policy; };
  watched_entry out{p.at,          p.id,          p.origin, p.slot,
                    p.prepared_at, entry.effects, {}};
  auto& all = entry.participants;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out.by_policy),
               by_policy);
  return out;
}

void primary_role::on_policy_ask(const policy_ask& x, boot_time now) {
  if (x.of != term_)
    return;
  policies_known_ = true;
  policy_prefixes_ = x.prefixes;
  policy_data out{ctx_.shard, term_, ctx_.state.committed(), 0, {}};
  if (!MUSTER_MUTANT(agent_policy_ignored_in_flight))
    for (auto& p : pending_) {
      auto& entry = ctx_.log.at(p.at).entry;
      if (!under_policies(entry.effects))
        continue;
      p.watched = true; // as D3 does for a copy
      out.undecided.push_back(watched_entry_of(p, entry));
    }
  if (!out.undecided.empty()) {
    out.round = ++round_;
    ready_ = out.as_of; // what the agent said before knew no such policy
    ctx_.emit(std::move(out));
  }
  try_commit(now);
}

} // namespace muster
