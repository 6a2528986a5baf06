// SPDX-License-Identifier: Apache-2.0

// The moves of key_search: which unknown write may remove a contradiction.

#include "tests/checker/key_search.hpp"

#include <algorithm>
#include <iterator>

namespace muster::sim {

std::vector<key_search::move> key_search::moves(const obstacle& x) const {
  std::vector<move> out;
  if (x.by_means == cure::none)
    return out;
  if (x.by_means == cure::put_within) {
    moves_within(x, out);
    return out;
  }
  bool inserts = x.by_means == cure::put_before;
  if (inserts && !has_room(x.at))
    return out;
  const auto& unknown = facts_.unknown();
  std::vector<int64_t> deltas;
  for (size_t i = 0; i < unknown.size(); ++i) {
    if (used_[i] || unknown[i]->call_ns > states_[x.at].latest
        || !is_candidate(x, *unknown[i]))
      continue;
    // Of equal adds, the one that was called first fits wherever another does.
    if (unknown[i]->kind == operation_kind::add) {
      auto delta = unknown[i]->delta;
      if (std::find(deltas.begin(), deltas.end(), delta) != deltas.end())
        continue;
      deltas.push_back(delta);
    }
    auto version = inserts && x.by->demanded.on == guard::kind::version
                     ? x.by->demanded.version
                     : 0;
    out.push_back({x.at, i, inserts, version});
  }
  // Whatever it wrote, it was more likely called lately.
  if (!inserts && !states_[x.at].was_seen)
    std::reverse(out.begin(), out.end());
  return out;
}

/// Only writes that lead to what is demanded are tried, whatever they demand
/// themselves: if that does not hold, it is the next obstacle.
bool key_search::is_candidate(const obstacle& x,
                              const operation& unknown) const {
  const auto& state = states_[x.at];
  if (x.by_means == cure::name_write)
    return unknown.kind == operation_kind::add
           || (unknown.written
               && (!state.was_seen || unknown.written == state.seen));
  if (unknown.kind == operation_kind::add || x.by->kind == operation_kind::add)
    return true;
  return guard_holds(x.by->demanded, unknown.written, x.by->demanded.version);
}

/// Whether a write that nobody saw may have had this version, which a guard of
/// the write at `at` names: between those around it, and not one of them.
bool key_search::can_be_before(uint64_t version, size_t at) const {
  auto before = at - 1;
  while (states_[before].hidden)
    --before;
  while (at < states_.size() && states_[at].hidden)
    ++at;
  return states_[before].version < version
         && (at == states_.size() || version < states_[at].version);
}

void key_search::moves_within(const obstacle& x, std::vector<move>& out) const {
  const auto& unknown = facts_.unknown();
  bool needs_absence = x.wrong.kind == fault_found::absence_unjustified;
  for (size_t i = 0; i < states_.size(); ++i) {
    auto end = i + 1 < states_.size() ? states_[i + 1].latest : never_after;
    if (states_[i].earliest > x.by->return_ns || end < x.by->call_ns
        || !has_room(i + 1))
      continue;
    for (size_t j = 0; j < unknown.size(); ++j) {
      bool fits = unknown[j]->call_ns <= std::min(end, x.by->return_ns)
                  && (!needs_absence
                      || unknown[j]->kind == operation_kind::erase);
      if (!used_[j] && fits)
        out.push_back({i + 1, j, true, 0});
    }
  }
}

/// Whether the versions around leave one for another write at `at`.
bool key_search::has_room(size_t at) const {
  uint64_t hidden_count = 0;
  auto after = at;
  while (after < states_.size() && states_[after].hidden) {
    ++hidden_count;
    ++after;
  }
  if (after == states_.size())
    return true;
  auto before = at - 1;
  while (states_[before].hidden) {
    ++hidden_count;
    --before;
  }
  auto between = states_[after].version - states_[before].version - 1;
  return between > hidden_count;
}

void key_search::make(const move& x) {
  auto unknown = facts_.unknown()[x.unknown];
  used_[x.unknown] = true;
  if (!x.inserts) {
    states_[x.at].by = unknown;
    return;
  }
  key_state hidden;
  hidden.hidden = true;
  hidden.by = unknown;
  hidden.version = x.version;
  auto place = states_.begin() + static_cast<std::ptrdiff_t>(x.at);
  states_.insert(place, std::move(hidden));
}

void key_search::undo(const move& x) {
  used_[x.unknown] = false;
  if (x.inserts)
    states_.erase(states_.begin() + static_cast<std::ptrdiff_t>(x.at));
  else
    states_[x.at].by = nullptr;
}

} // namespace muster::sim
