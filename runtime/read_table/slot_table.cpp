// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/slot_table.hpp"

#include <bit>
#include <cstdlib>

namespace muster::lock_free {

slot_table::slot_table(size_t capacity)
  : mask_(capacity - 1), slots_(std::make_unique<atomic_word[]>(capacity)) {
  assert(std::has_single_bit(capacity));
}

slot_table::place slot_table::locate(std::string_view key, uint64_t hash,
                                     bool reuse) const {
  // The whole chain is searched first: a key is in at most one slot.
  auto i = hash & mask_;
  for (;; i = (i + 1) & mask_) {
    auto slot = slots_[i].load(std::memory_order_relaxed);
    if (slot == unused)
      break;
    if (slot != evicted && slot >> tag_shift == hash >> tag_shift
        && target(slot)->key() == key)
      return {i, target(slot)};
  }
  return {reuse ? first_reusable(hash) : i, nullptr};
}

const record* slot_table::at(size_t index) const {
  auto slot = slots_[index].load(std::memory_order_relaxed);
  return slot == unused || slot == evicted ? nullptr : target(slot);
}

void slot_table::store(size_t index, uint64_t hash, const record* x) {
  auto address = reinterpret_cast<uint64_t>(x);
  // An address that does not fit would be served as another record.
  if (x == nullptr || address >> tag_shift != 0)
    std::abort();
  slots_[index].store((hash >> tag_shift << tag_shift) | address,
                      std::memory_order_release);
}

void slot_table::evict(size_t index) {
  assert(!is_unused(index));
  slots_[index].store(evicted, std::memory_order_release);
}

size_t slot_table::first_reusable(uint64_t hash) const {
  for (auto i = hash & mask_;; i = (i + 1) & mask_) {
    const auto* x = at(i);
    if (x == nullptr
        || (x->state == record_state::tombstone && !x->is_single()))
      return i;
  }
}

} // namespace muster::lock_free
