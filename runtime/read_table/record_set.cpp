// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/record_set.hpp"

#include <algorithm>
#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace muster::lock_free {

namespace {

constexpr size_t smallest_capacity = 16;

/// Beyond this share of used slots a new table is built.
constexpr size_t used_max(size_t capacity) {
  return capacity / 8 * 5;
}

/// Room for `live` records and a quarter more, so that a table full of
/// tombstones is not rebuilt again at once.
size_t capacity_for(size_t live) {
  auto capacity = smallest_capacity;
  while (used_max(capacity) < live + live / 4 + 1)
    capacity *= 2;
  return capacity;
}

void free_table(const void* x) {
  delete static_cast<const slot_table*>(x);
}

void free_record_of_garbage(const void* x) {
  free_record(static_cast<const record*>(x));
}

} // namespace

uint64_t key_hash(std::string_view key, uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

record_set::record_set(const record_set_options& options, garbage& trash,
                       usage& counts)
  : table_(new slot_table(smallest_capacity)), options_(options), trash_(trash),
    counts_(counts) {
  counts_.table_bytes.add(mine().size_bytes());
}

record_set::~record_set() {
  mine().visit_while([](const record& x) {
    free_record(&x);
    return true;
  });
  delete &mine();
}

const record* record_set::find(std::string_view key, uint64_t hash) const {
  return mine().locate(key, hash, false).held;
}

bool record_set::store(uint64_t hash, record_ptr x) {
  auto place = mine().locate(x->key(), hash, true);
  auto grows = counts(x.get()) && !counts(place.held);
  if (grows && live_ >= options_.records_max)
    return false;
  if (mine().is_unused(place.index)
      && used_ + 1 > used_max(mine().capacity())) {
    make_room();
    place = mine().locate(x->key(), hash, true);
  }
  // W7: an unused slot, the key's own, or one of a tombstone or evicted record.
  used_ += mine().is_unused(place.index) ? 1 : 0;
  const auto* old = mine().at(place.index);
  live_ += counts(x.get()) ? 1 : 0;
  live_ -= counts(old) ? 1 : 0;
  counts_.record_bytes.add(x->size_bytes());
  counts_.records.add(uint64_t{counts(x.get())} - uint64_t{counts(old)});
  mine().store(place.index, hash, x.release());
  if (old != nullptr)
    retire_record(old);
  return true;
}

void record_set::evict(std::string_view key, uint64_t hash) {
  auto place = mine().locate(key, hash, false);
  if (place.held == nullptr)
    return;
  mine().evict(place.index);
  live_ -= counts(place.held) ? 1 : 0;
  counts_.records.subtract(counts(place.held) ? 1 : 0);
  retire_record(place.held);
}

void record_set::clear() {
  if (used_ == 0)
    return;
  auto& old = mine();
  publish(new slot_table(smallest_capacity));
  old.visit_while([this](const record& x) {
    retire_record(&x);
    return true;
  });
  retire_table(&old);
  counts_.records.subtract(live_);
  used_ = 0;
  live_ = 0;
}

void record_set::make_room() {
  // W7: built aside from the same thread. Tombstones stay behind, but for
  // copies of one key: absence is known from a held prefix.
  auto& old = mine();
  auto next = std::make_unique<slot_table>(capacity_for(live_));
  old.visit_while([&](const record& x) {
    if (!counts(&x))
      return true;
    auto hash = key_hash(x.key(), options_.hash_seed);
    next->store(next->locate(x.key(), hash, false).index, hash, &x);
    return true;
  });
  publish(next.release());
  old.visit_while([this](const record& x) {
    if (!counts(&x))
      retire_record(&x);
    return true;
  });
  retire_table(&old);
  used_ = live_;
  counts_.growths.add(1);
}

void record_set::publish(slot_table* next) {
  counts_.table_bytes.add(next->size_bytes());
  // W7: one release store; from now on only the new table is changed.
  table_.store(next, std::memory_order_release);
}

void record_set::retire_record(const record* x) {
  counts_.record_bytes.subtract(x->size_bytes());
  trash_.retire(x, free_record_of_garbage, x->size_bytes());
}

void record_set::retire_table(slot_table* old) {
  counts_.table_bytes.subtract(old->size_bytes());
  trash_.retire(old, free_table, old->size_bytes());
}

} // namespace muster::lock_free
