// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/key_states.hpp"

#include <algorithm>
#include <cassert>

namespace muster::sim {

namespace {

finding malformed(const operation& x) {
  return {fault_found::malformed, &x, nullptr};
}

bool lower_version(const operation* x, const operation* y) {
  return *x->version < *y->version;
}

bool earlier_return(const operation* x, const operation* y) {
  return x->return_ns < y->return_ns;
}

bool earlier_call(const operation* x, const operation* y) {
  return x->call_ns < y->call_ns;
}

/// Whether the refusal `x` would have been accepted on an absent record.
bool absence_would_do(const operation& x) {
  return guard_holds(x.demanded, {}, 0) && effect(x, {});
}

} // namespace

void key_states::add(const operation& x) {
  if (x.outcome != answer::unknown && x.call_ns > x.return_ns)
    malformed_ = malformed(x);
  if (!is_write(x)) {
    if (x.outcome == answer::ok && x.seen)
      add_read(x, x.version.value_or(0), x.seen);
    else if (x.outcome == answer::ok && x.version.value_or(0) == 0)
      add_absent(x);
    else if (x.outcome == answer::ok)
      malformed_ = malformed(x);
    return;
  }
  switch (x.outcome) {
    case answer::ok:
      writes_.push_back(&x);
      // It saw the version that its guard names.
      if (x.demanded.on == guard::kind::version && x.demanded.version > 0)
        sightings_.push_back({x.demanded.version, &x, false, {}});
      break;
    case answer::unknown:
      unknown_.push_back(&x);
      break;
    case answer::failed:
      undone_.push_back(&x);
      break;
    case answer::refused:
      undone_.push_back(&x);
      if (!x.version)
        refusals_.push_back(&x);
      else
        add_told_refusal(x);
  }
}

void key_states::add_told_refusal(const operation& x) {
  if (*x.version > 0) {
    told_refusals_.push_back(&x);
    sightings_.push_back({*x.version, &x, false, {}});
  } else if (absence_would_do(x)) {
    malformed_ = {fault_found::refusal_unjustified, &x, nullptr};
  } else {
    absent_.push_back(&x);
  }
}

void key_states::add_read(const operation& by, uint64_t version,
                          const record_value& value) {
  if (version == 0)
    malformed_ = malformed(by);
  sightings_.push_back({version, &by, true, value});
}

void key_states::add_absent(const operation& by) {
  absent_.push_back(&by);
}

finding key_states::arrange() {
  if (malformed_)
    return malformed_;
  std::stable_sort(unknown_.begin(), unknown_.end(), earlier_call);
  // Who ends first has the fewest unknown writes to be explained by, so it
  // takes the oldest and the search seldom has to go back.
  std::stable_sort(absent_.begin(), absent_.end(), earlier_return);
  std::stable_sort(refusals_.begin(), refusals_.end(), earlier_return);
  std::stable_sort(told_refusals_.begin(), told_refusals_.end(), lower_version);
  if (auto wrong = place_writes())
    return wrong;
  return place_sightings();
}

finding key_states::place_writes() {
  for (auto write : writes_)
    if (write->version.value_or(0) == 0)
      return malformed(*write);
  std::stable_sort(writes_.begin(), writes_.end(), lower_version);
  states_.emplace_back();
  for (auto write : writes_) {
    if (states_.back().version == *write->version)
      return {fault_found::version_reused, states_.back().by, write};
    auto& state = states_.emplace_back();
    state.version = *write->version;
    state.by = write;
  }
  return {};
}

finding key_states::place_sightings() {
  std::stable_sort(sightings_.begin(), sightings_.end(),
                   [](const sighting& x, const sighting& y) {
                     return x.version < y.version;
                   });
  std::vector<key_state> merged;
  auto next = states_.begin();
  for (const auto& x : sightings_) {
    while (next != states_.end() && next->version <= x.version)
      merged.push_back(std::move(*next++));
    if (merged.back().version != x.version)
      merged.emplace_back().version = x.version;
    if (auto wrong = place(merged.back(), x))
      return wrong;
  }
  std::move(next, states_.end(), std::back_inserter(merged));
  states_ = std::move(merged);
  return {};
}

finding key_states::place(key_state& at, const sighting& x) const {
  assert(at.version == x.version && x.version > 0);
  if (at.by && at.by->kind == operation_kind::erase)
    return {fault_found::wrong_value, at.by, x.by};
  if (x.has_value) {
    if (at.was_seen && at.seen != x.value)
      return {fault_found::wrong_value, at.first_reader, x.by};
    if (at.by && at.by->kind != operation_kind::add
        && at.by->written != x.value)
      return {fault_found::wrong_value, at.by, x.by};
    at.was_seen = true;
    at.seen = x.value;
  }
  if (!at.first_reader || x.by->return_ns < at.first_reader->return_ns)
    at.first_reader = x.by;
  if (!at.last_reader || x.by->call_ns > at.last_reader->call_ns)
    at.last_reader = x.by;
  return {};
}

finding key_states::blame(const operation* reader,
                          const record_value& value) const {
  auto wrote = [&](const operation* x) {
    return x->kind != operation_kind::add && x->written == value;
  };
  auto find = [&](const std::vector<const operation*>& xs) {
    auto i = std::find_if(xs.begin(), xs.end(), wrote);
    return i == xs.end() ? nullptr : *i;
  };
  if (auto x = find(writes_))
    return {fault_found::applied_twice, x, reader};
  if (auto x = find(unknown_))
    return {fault_found::applied_twice, x, reader};
  if (auto x = find(undone_))
    return {fault_found::refused_visible, x, reader};
  return {fault_found::never_written, reader, nullptr};
}

} // namespace muster::sim
