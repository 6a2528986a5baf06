// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/key_search.hpp"

#include <algorithm>
#include <cassert>

namespace muster::sim {

namespace {

fault_found broken_order(bool low_is_reader, bool high_is_reader) {
  if (low_is_reader)
    return high_is_reader ? fault_found::went_back : fault_found::stale_read;
  return high_is_reader ? fault_found::read_too_early
                        : fault_found::order_broken;
}

/// The instant at which state `i + 1` begins at the latest.
int64_t latest_end(const std::vector<key_state>& xs, size_t i) {
  return i + 1 < xs.size() ? xs[i + 1].latest : never_after;
}

} // namespace

key_search::key_search(const key_states& facts, size_t attempts_max)
  : facts_(facts), attempts_left_(attempts_max), states_(facts.states()),
    used_(facts.unknown().size(), false) {
  // nop
}

finding key_search::run() {
  if (auto wrong = name_obvious_writes())
    return wrong;
  return solve() ? finding{} : first_wrong_;
}

/// Most unknown writes that took effect were seen, and stored a value of their
/// own: no search for them. Adds have no such value.
finding key_search::name_obvious_writes() {
  const auto& unknown = facts_.unknown();
  auto is_add = [](auto x) { return x->kind == operation_kind::add; };
  if (std::any_of(unknown.begin(), unknown.end(), is_add))
    return {};
  for (size_t at = 1; at < states_.size(); ++at) {
    auto& state = states_[at];
    if (state.by || !state.was_seen)
      continue;
    std::vector<size_t> found;
    for (size_t i = 0; i < unknown.size(); ++i)
      if (unknown[i]->written == state.seen)
        found.push_back(i);
    if (found.empty() || (found.size() == 1 && used_[found.front()]))
      return facts_.blame(state.first_reader, state.seen);
    if (found.size() == 1) {
      state.by = unknown[found.front()];
      used_[found.front()] = true;
    }
  }
  return {};
}

bool key_search::solve() {
  auto x = evaluate();
  if (!x.wrong)
    return true;
  if (!first_wrong_)
    first_wrong_ = x.wrong;
  for (const auto& next : moves(x)) {
    if (attempts_left_ == 0) {
      undecided_ = true;
      return true;
    }
    --attempts_left_;
    make(next);
    if (solve())
      return true;
    undo(next);
  }
  return false;
}

key_search::obstacle key_search::evaluate() {
  bound_ends();
  if (auto x = apply_writes(); x.wrong)
    return x;
  if (auto wrong = bound_states())
    return {wrong};
  if (auto wrong = check_told_refusals())
    return {wrong};
  if (auto x = check_absences(); x.wrong)
    return x;
  return check_refusals();
}

key_search::obstacle key_search::apply_writes() {
  for (size_t at = 1; at < states_.size(); ++at)
    if (auto x = apply_write(at); x.wrong)
      return x;
  return {};
}

key_search::obstacle key_search::apply_write(size_t at) {
  const auto& before = states_[at - 1];
  auto& state = states_[at];
  if (!state.by) {
    auto wrong = state.was_seen
                   ? facts_.blame(state.first_reader, state.seen)
                   : finding{fault_found::never_written, state.first_reader};
    return {wrong, cure::name_write, at};
  }
  finding broken{fault_found::guard_broken, before.by ? before.by : state.by,
                 before.by ? state.by : nullptr};
  if (!guard_holds(state.by->demanded, before.value, before.version)) {
    const auto& demanded = state.by->demanded;
    bool hopeless = demanded.on == guard::kind::version && demanded.version > 0
                    && !can_be_before(demanded.version, at);
    return {broken, hopeless ? cure::none : cure::put_before, at, state.by};
  }
  auto made = effect(*state.by, before.value);
  auto told = state.by->kind == operation_kind::add
              && state.by->outcome == answer::ok && state.by->seen;
  if (!made || (state.was_seen && *made != state.seen)
      || (told && *made != state.by->seen))
    return {broken, cure::put_before, at, state.by};
  state.value = *made;
  return {};
}

/// Each state began before its write was answered, before its first reader
/// ended, and not after the states behind it.
void key_search::bound_ends() {
  auto latest = never_after;
  for (auto i = states_.size(); i-- > 1;) {
    auto& state = states_[i];
    if (state.by && state.by->outcome == answer::ok)
      latest = std::min(latest, state.by->return_ns);
    if (state.first_reader)
      latest = std::min(latest, state.first_reader->return_ns);
    state.latest = latest;
  }
}

/// And it began after its write was called, after the last reader of the state
/// before had begun, and not before the states before it.
finding key_search::bound_states() {
  const operation* low = nullptr;
  bool low_is_reader = false;
  auto earliest = never_before;
  auto raise = [&](const operation* x, bool is_reader) {
    if (x && x->call_ns > earliest) {
      earliest = x->call_ns;
      low = x;
      low_is_reader = is_reader;
    }
  };
  for (size_t i = 1; i < states_.size(); ++i) {
    auto& state = states_[i];
    raise(state.by, false);
    raise(states_[i - 1].last_reader, true);
    state.earliest = earliest;
    if (state.by->outcome == answer::ok && earliest > state.by->return_ns)
      return {broken_order(low_is_reader, false), state.by, low};
    if (state.first_reader && earliest > state.first_reader->return_ns)
      return {broken_order(low_is_reader, true), state.first_reader, low};
  }
  return {};
}

/// Looking at the last absent state that may have begun before the reader
/// ended is enough: it is also the one that ends last. And absent readers
/// never compete: each only pushes later states to after its own call, which
/// comes before the end of every reader that is not older.
key_search::obstacle key_search::check_absences() const {
  std::vector<size_t> absent;
  for (size_t i = 0; i < states_.size(); ++i)
    if (!states_[i].value)
      absent.push_back(i);
  for (auto reader : facts_.absent()) {
    auto after
      = std::partition_point(absent.begin(), absent.end(), [&](auto i) {
          return states_[i].earliest <= reader->return_ns;
        });
    assert(after != absent.begin());
    auto i = *std::prev(after);
    if (latest_end(states_, i) >= reader->call_ns)
      continue;
    finding wrong{fault_found::absence_unjustified, states_[i + 1].by, reader};
    return {wrong, cure::put_within, 0, reader};
  }
  return {};
}

bool key_search::excuses(const operation& refusal, const key_state& x) const {
  return !guard_holds(refusal.demanded, x.value, x.version)
         || !effect(refusal, x.value);
}

key_search::obstacle key_search::check_refusals() const {
  for (auto refusal : facts_.refusals()) {
    bool excused = false;
    for (size_t i = 0; i < states_.size() && !excused; ++i)
      excused = states_[i].earliest <= refusal->return_ns
                && latest_end(states_, i) >= refusal->call_ns
                && excuses(*refusal, states_[i]);
    if (!excused)
      return {{fault_found::refusal_unjustified, refusal, nullptr},
              cure::put_within,
              0,
              refusal};
  }
  return {};
}

finding key_search::check_told_refusals() const {
  size_t i = 0;
  for (auto refusal : facts_.told_refusals()) {
    while (states_[i].hidden || states_[i].version < *refusal->version)
      ++i;
    assert(states_[i].version == *refusal->version);
    if (!excuses(*refusal, states_[i]))
      return {fault_found::refusal_unjustified, refusal, states_[i].by};
  }
  return {};
}

} // namespace muster::sim
