// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/read_table/fence.hpp"
#include "runtime/read_table/record.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace muster::lock_free {

/// An open-addressing table of slots, linear probing, a power of two of them.
/// A slot is one 64-bit word, so that tag and pointer are one cache miss and
/// the block is the second:
///
///   bits 63..48  tag: the high bits of the key's hash
///   bits 47..0   address of the record; user addresses have no more bits
///                unless a program asks the kernel for higher ones
///   0            never used: ends every probe
///   1            evicted: neither value nor absence is known
///
/// Invariants: (1) an entry never moves (W7); (2) a key is in at most one slot;
/// (3) a slot that was used never becomes 0 again; (4) some slot is 0.
///
/// One writer; any number of readers that pinned their epoch. Does not own the
/// records: whoever unlinks the table says what happens to them.
class slot_table {
public:
  /// Where a key is, or would be put.
  struct place {
    size_t index;
    /// The key's record, null if it has none.
    const record* held;
  };

  /// @pre `capacity` is a power of two
  explicit slot_table(size_t capacity);

  size_t capacity() const noexcept {
    return mask_ + 1;
  }

  size_t size_bytes() const noexcept {
    return sizeof(slot_table) + capacity() * sizeof(atomic_word);
  }

  // -- readers ----------------------------------------------------------------

  /// The record of `key`, null if the table has none. Rd2 and Rd3: every slot
  /// is an acquire load, an empty one too.
  const record* find(std::string_view key, uint64_t hash) const noexcept {
    // A reused slot may have the same tag and another key: compare the key
    // in the block (W7).
    for (auto i = hash & mask_;; i = (i + 1) & mask_) {
      auto slot = slots_[i].load(std::memory_order_acquire);
      if (slot == unused)
        return nullptr;
      if (slot >> tag_shift == hash >> tag_shift && slot != evicted) {
        const auto* x = target(slot);
        if (x->key() == key) [[likely]]
          return x;
      }
    }
  }

  /// Calls `visit(record)` for every record, in no order, until it says false.
  /// @returns whether it never said false
  template <class Visitor>
  bool visit_while(Visitor&& visit) const {
    for (size_t i = 0; i <= mask_; ++i) {
      auto slot = slots_[i].load(std::memory_order_acquire);
      if (slot != unused && slot != evicted && !visit(*target(slot)))
        return false;
    }
    return true;
  }

  // -- writer -----------------------------------------------------------------

  /// Where `key` is, or the first slot on its way that may take it.
  /// @param reuse  whether to look for a tombstone to reuse
  place locate(std::string_view key, uint64_t hash, bool reuse) const;

  /// Whether a slot was never used.
  bool is_unused(size_t index) const {
    return slots_[index].load(std::memory_order_relaxed) == unused;
  }

  /// What the slot points to, null if it is unused or evicted.
  const record* at(size_t index) const;

  /// W2, W7: one release store of tag and pointer; `x` is complete.
  void store(size_t index, uint64_t hash, const record* x);

  /// W2: one release store.
  void evict(size_t index);

private:
  static constexpr uint64_t unused = 0;
  static constexpr uint64_t evicted = 1;
  static constexpr unsigned tag_shift = 48;

  static const record* target(uint64_t slot) noexcept {
    return reinterpret_cast<const record*>(slot << 16 >> 16);
  }

  size_t first_reusable(uint64_t hash) const;

  uint64_t mask_;
  std::unique_ptr<atomic_word[]> slots_;
};

} // namespace muster::lock_free
