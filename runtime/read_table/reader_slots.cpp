// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/reader_slots.hpp"

#include <algorithm>
#include <new>

namespace muster::lock_free {

namespace {

/// Slots live in chunks that are never freed: a writer may look at any of them
/// at any time.
struct chunk {
  std::array<reader_slot, 32> slots;
  std::atomic<chunk*> next{nullptr};
};

constinit chunk first_chunk;

constexpr size_t chunks_max = reader_slots_max
                              / std::tuple_size_v<decltype(chunk::slots)>;

template <class Visitor>
void for_each_slot(Visitor&& visit) noexcept {
  for (auto* c = &first_chunk; c != nullptr;
       c = c->next.load(std::memory_order_acquire))
    for (auto& slot : c->slots)
      visit(slot);
}

/// Gives the thread's slot back when the thread ends. The pointer to it is a
/// variable of its own so that a read needs no check whether this was built.
struct slot_owner {
  reader_slot* slot = nullptr;

  ~slot_owner() {
    own_slot = nullptr;
    if (slot != nullptr)
      slot->taken.store(false, std::memory_order_release);
  }
};

reader_slot* take_free_slot(chunk& from) noexcept {
  for (auto& slot : from.slots) {
    auto taken = false;
    if (slot.taken.compare_exchange_strong(
          taken, true, std::memory_order_acquire, std::memory_order_relaxed))
      return &slot;
  }
  return nullptr;
}

/// The chunk after `from`, a new one if there is none yet.
chunk* next_chunk(chunk& from) noexcept {
  if (auto* next = from.next.load(std::memory_order_acquire))
    return next;
  auto* made = new (std::nothrow) chunk;
  if (made == nullptr)
    return nullptr;
  chunk* expected = nullptr;
  if (from.next.compare_exchange_strong(
        expected, made, std::memory_order_acq_rel, std::memory_order_acquire))
    return made;
  delete made;
  return expected;
}

} // namespace

reader_slot* claim_slot() noexcept {
  thread_local slot_owner owner;
  auto* c = &first_chunk;
  for (size_t i = 0; i < chunks_max && c != nullptr; ++i) {
    if (auto* slot = take_free_slot(*c)) {
      owner.slot = slot;
      own_slot = slot;
      return slot;
    }
    if (i + 1 < chunks_max)
      c = next_chunk(*c);
  }
  return nullptr;
}

uint64_t oldest_pinned_epoch() noexcept {
  auto oldest = UINT64_MAX;
  for_each_slot([&](const reader_slot& slot) {
    auto epoch = slot.epoch.load(std::memory_order_acquire);
    if (epoch != idle_epoch)
      oldest = std::min(oldest, epoch);
  });
  return oldest;
}

std::array<uint64_t, read_counter_count> reads_by_kind() noexcept {
  std::array<uint64_t, read_counter_count> sums{};
  for_each_slot([&](const reader_slot& slot) {
    for (size_t i = 0; i < read_counter_count; ++i)
      sums[i] += slot.reads[i].load(std::memory_order_relaxed);
  });
  return sums;
}

size_t reader_slots_taken() noexcept {
  size_t n = 0;
  for_each_slot([&](const reader_slot& slot) {
    n += slot.taken.load(std::memory_order_relaxed) ? 1 : 0;
  });
  return n;
}

} // namespace muster::lock_free
