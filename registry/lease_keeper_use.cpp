// SPDX-License-Identifier: Apache-2.0

// The part of `lease_keeper` that tells which leases are in use, and so are
// renewed often: of N machines all have N - 1 granters, few of which cover
// anything for them. An idle lease is renewed now and then, for the clocks'
// sake and so that nothing that is not foreseen here waits for ever.

#include "registry/lease_keeper.hpp"

#include <algorithm>
#include <utility>

namespace muster {

/// The next ones after this machine, in a ring: everybody has as many.
void lease_keeper::choose_followed() {
  for (auto& [who, state] : granters_)
    state.followed = who.id == followed_;
  auto next = granters_.upper_bound(peer{self_, incarnation{UINT64_MAX}});
  auto count = std::min(options_.witnesses, granters_.size());
  for (size_t i = 0; i < count; ++i, ++next) {
    if (next == granters_.end())
      next = granters_.begin();
    next->second.followed = true;
  }
  for (auto& [who, state] : granters_)
    note_use(who);
}

void lease_keeper::note_use(const peer& granter) {
  auto i = granters_.find(granter);
  if (i == granters_.end())
    return;
  auto& state = i->second;
  auto before = std::exchange(state.in_use, in_use(granter, state));
  if (state.in_use && !before)
    state.due = std::min(state.due, state.asked + options_.renew);
}

bool lease_keeper::in_use(const peer& granter,
                          const granter_state& state) const {
  if (state.followed || !state.covers.empty() || !state.rate.agrees())
    return true;
  // A primary that this machine covers will cover it, too (T3).
  auto active = [](auto& s) { return s.second.active; };
  auto holder = holders_.find(granter);
  if (holder != holders_.end()
      && std::any_of(
        holder->second.slots.begin(), holder->second.slots.end(), [&](auto& s) {
          return s.first.second == cover_kind::authority && active(s);
        }))
    return true;
  return is_required(granter);
}

bool lease_keeper::is_required(const peer& granter) const {
  auto in = [&](auto& who) {
    return std::find(who.begin(), who.end(), granter) != who.end();
  };
  return std::any_of(required_.begin(), required_.end(), [&](auto& x) {
    return in(x.second.granters) || in(x.second.aspirants);
  });
}

lease_keeper::holder_state& lease_keeper::holder_at(const peer& who) {
  auto [i, is_new] = holders_.try_emplace(who);
  if (is_new && granters_.count(who) == 0)
    gone_.insert(who);
  return i->second;
}

} // namespace muster
