// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/read_table/garbage.hpp"
#include "runtime/read_table/slot_table.hpp"
#include "runtime/read_table/usage.hpp"

namespace muster::lock_free {

/// The hash of a key: its low bits choose the slot, its high bits are the tag.
uint64_t key_hash(std::string_view key, uint64_t seed) noexcept;

struct record_set_options {
  /// Seed of the hash, unknown to users so that nobody can choose keys that
  /// collide.
  uint64_t hash_seed = 0;

  /// Records (tombstones of deleted keys not counted, but for single ones).
  size_t records_max = 0;
};

/// The records of one shard: a table that the writer replaces when it is full.
///
/// Invariants: (1) at least three eighths of the slots were never used; (2) an
/// old table is never changed once a new one is published (W7); (3) each block
/// is owned by exactly one of: a slot of the present table, the garbage.
///
/// The writer's functions are not thread-safe; `table()` is.
class record_set {
public:
  record_set(const record_set_options& options, garbage& trash, usage& counts);

  /// @pre no reader is left
  ~record_set();

  record_set(const record_set&) = delete;
  record_set& operator=(const record_set&) = delete;

  // -- readers ----------------------------------------------------------------

  /// Acquire. A reader loads it once a read (Rd2, Rd3).
  const slot_table& table() const noexcept {
    return *table_.load(std::memory_order_acquire);
  }

  // -- writer -----------------------------------------------------------------

  /// The key's record, null if there is none.
  const record* find(std::string_view key, uint64_t hash) const;

  /// Publishes a block in the place of the key's old one.
  /// @returns false, and changes nothing, if that were a record too many
  bool store(uint64_t hash, record_ptr x);

  /// Neither value nor absence is known any more. The key may be unknown.
  void evict(std::string_view key, uint64_t hash);

  /// All records at once: an empty table takes the place of this one.
  void clear();

private:
  slot_table& mine() const {
    return *table_.load(std::memory_order_relaxed);
  }

  static bool counts(const record* x) {
    return x != nullptr
           && (x->state != record_state::tombstone || x->is_single());
  }

  void make_room();
  void publish(slot_table* next);
  void retire_record(const record* x);
  void retire_table(slot_table* old);

  std::atomic<slot_table*> table_;

  record_set_options options_;
  garbage& trash_;
  usage& counts_;

  /// Slots that are not unused.
  size_t used_ = 0;

  /// Records that are not tombstones.
  size_t live_ = 0;
};

} // namespace muster::lock_free
