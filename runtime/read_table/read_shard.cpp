// SPDX-License-Identifier: Apache-2.0

// What readers do. Every function here runs in a pinned epoch (Rd1).

#include "runtime/read_table/read_shard.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"
#include "runtime/read_table/race_point.hpp"

#include <algorithm>

namespace muster::lock_free {

namespace {

read_outcome outcome(read_kind kind, const tenure_block& held) {
  return {kind, held.served_from, held.of};
}

} // namespace

inline lease_word read_shard::lease(const tenure_block& held) const noexcept {
  lease_word x{lease_word_.load(std::memory_order_acquire)};
  if (MUSTER_MUTANT(r4_clock_read_early) && x.is_of(held.number)
      && x.covers(clock_.now()))
    x = lease_word::make(held.number, nanoseconds::max());
  MUSTER_RACE(words_loaded);
  return x;
}

read_outcome read_shard::find(std::string_view key,
                              const record*& x) const noexcept {
  auto hash = hash_of(key);
  // Rd2: shard word, lease word, table pointer, slot, block, clock.
  const auto* held = shard_word_.load(std::memory_order_acquire);
  if (held == nullptr)
    return {};
  auto granted = lease(*held);
  x = records_.table().find(key, hash);
  if (x == nullptr)
    return find_absent(key, hash, x);
  x->prefetch_value();
  return outcome(judge(*x, *held, granted), *held);
}

read_kind read_shard::judge(const record& x, const tenure_block& held,
                            lease_word granted) const noexcept {
  // Rd2: the block is of the shard word's tenure, that is, of its term and
  // session, and valid.
  if (x.of != held.number && !MUSTER_MUTANT(r2_tenure_not_compared))
    return read_kind::not_held;
  if (x.state == record_state::invalid)
    return read_kind::invalid;
  auto kind = check_lease(held, granted);
  if (kind == read_kind::served && x.state == record_state::tombstone)
    return read_kind::served_absent;
  return kind;
}

read_kind read_shard::check_lease(const tenure_block& held,
                                  lease_word granted) const noexcept {
  MUSTER_RACE(all_loaded);
  if (MUSTER_MUTANT(r2_lease_read_late))
    granted = lease_word{lease_word_.load(std::memory_order_acquire)};
  // Rd4: all branches on loaded words come before the clock, which is read
  // after the lease word, once a read or listing.
  if (!granted.is_of(held.number) || !granted.covers(clock_.now()))
    return read_kind::lease_over;
  return read_kind::served;
}

read_outcome read_shard::find_absent(std::string_view key, uint64_t hash,
                                     const record*& x) const noexcept {
  read_outcome last;
  for (size_t i = 0; i < attempts_max_; ++i) {
    // Rd3: shard word, lease word, prefix word, then the table pointer once.
    const auto* held = shard_word_.load(std::memory_order_acquire);
    if (held == nullptr)
      return {};
    auto granted = lease(*held);
    auto bracket = prefixes_.find_covering(key, held->number);
    if (!bracket)
      return outcome(read_kind::not_held, *held);
    x = records_.table().find(key, hash);
    if (x != nullptr)
      return outcome(judge(*x, *held, granted), *held);
    acquire_fence();
    last = outcome(read_kind::invalid, *held);
    if (!bracket.still_holds() && !MUSTER_MUTANT(r3_prefix_read_once))
      continue;
    auto kind = check_lease(*held, granted);
    if (kind == read_kind::served)
      kind = read_kind::served_absent;
    return outcome(kind, *held);
  }
  return last;
}

read_outcome read_shard::list(std::string_view prefix,
                              std::vector<const record*>& found) const {
  read_outcome last;
  for (size_t i = 0; i < attempts_max_; ++i) {
    // Rd3: shard word, lease word, prefix word, then the table pointer once.
    const auto* held = shard_word_.load(std::memory_order_acquire);
    if (held == nullptr)
      return {};
    const auto* early = MUSTER_MUTANT(r3_table_read_early) ? &records_.table()
                                                           : nullptr;
    auto granted = lease(*held);
    auto bracket = prefixes_.find_covering(prefix, held->number);
    if (!bracket)
      return outcome(read_kind::not_held, *held);
    found.clear();
    const auto& table = early ? *early : records_.table();
    auto all_valid = table.visit_while([&](const record& x) {
      MUSTER_RACE(record_loaded);
      if (!covers(prefix, x.key()))
        return true;
      if (x.of != held->number || x.state == record_state::invalid)
        return false;
      if (x.state == record_state::valid)
        found.push_back(&x);
      return true;
    });
    acquire_fence();
    last = outcome(read_kind::invalid, *held);
    if (!bracket.still_holds() && !MUSTER_MUTANT(r3_prefix_read_once))
      continue;
    // A command in flight takes longer than all attempts: say so at once.
    if (!all_valid)
      return last;
    auto kind = check_lease(*held, granted);
    if (kind == read_kind::served)
      std::ranges::sort(found, {}, &record::key);
    return outcome(kind, *held);
  }
  return last;
}

} // namespace muster::lock_free
