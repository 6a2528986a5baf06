// SPDX-License-Identifier: Apache-2.0
#pragma once

// Epochs (Rd1). One set of slots for the whole process, because a thread may
// read many tables (the simulation runs all machines in one process) and finds
// its slot through one thread-local pointer.
//
//   reader                            writer
//   slot.epoch = global epoch         unlink (release)
//   full fence                        full fence
//   load pointers, use blocks         tag garbage with the global epoch, move
//   it slot.epoch = idle (release)       free what is older by two than every
//   slot

#include "runtime/read_table/fence.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace muster::lock_free {

/// How reads end; see `read_kind`.
inline constexpr size_t read_kind_count = 5;

/// Counted besides: those that a copy of a single key has served.
inline constexpr size_t single_reads = read_kind_count;
inline constexpr size_t read_counter_count = read_kind_count + 1;

inline constexpr uint64_t idle_epoch = 0;

/// Moved by writers, so that a reader that pins later is seen to be newer.
alignas(128) inline constinit atomic_word global_epoch{1};

/// What one thread shows to writers. Alone on its lines: readers never write
/// to a line that another thread reads often.
struct alignas(128) reader_slot {
  /// Since when its thread holds pointers; `idle_epoch` if it holds none.
  atomic_word epoch{idle_epoch};

  /// Whether a thread owns it.
  std::atomic<bool> taken{false};

  /// How many reads of its threads ended in which way. Stored by the owner
  /// only.
  std::array<atomic_word, read_counter_count> reads{};

  void count(size_t kind) noexcept {
    auto& x = reads[kind];
    x.store(x.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// At most so many threads read at the same time; one more gets no slot.
inline constexpr size_t reader_slots_max = 4096;

/// The calling thread's slot, null before its first read.
inline constinit thread_local reader_slot* own_slot = nullptr;

/// Claims a slot for the calling thread, which gives it back when it ends.
/// @returns null if `reader_slots_max` threads have one
reader_slot* claim_slot() noexcept;

/// The oldest epoch that a thread has pinned, `UINT64_MAX` if none has.
uint64_t oldest_pinned_epoch() noexcept;

/// Sums over all slots, threads that ended included.
std::array<uint64_t, read_counter_count> reads_by_kind() noexcept;

/// Slots that threads own now.
size_t reader_slots_taken() noexcept;

/// Pins the thread's epoch while it lives: nothing that a table unlinks
/// afterwards is freed. False if the thread could get no slot. Nests: only the
/// outermost one unpins. Stays within the library.
class pin {
public:
  pin() noexcept : slot_(own_slot) {
    if (slot_ == nullptr) [[unlikely]]
      slot_ = claim_slot();
    if (slot_ == nullptr) [[unlikely]]
      return;
    if (slot_->epoch.load(std::memory_order_relaxed) != idle_epoch) [[unlikely]]
      return;
    outermost_ = true;
    // Rd1. Relaxed would do for the epoch itself; release makes what the
    // thread did under its previous pin visible to a writer that sees only
    // this store, and costs nothing on x86.
    slot_->epoch.store(global_epoch.load(std::memory_order_relaxed),
                       std::memory_order_release);
    full_fence();
  }

  ~pin() {
    if (outermost_)
      slot_->epoch.store(idle_epoch, std::memory_order_release);
  }

  pin(const pin&) = delete;
  pin& operator=(const pin&) = delete;

  explicit operator bool() const noexcept {
    return slot_ != nullptr;
  }

  /// @pre it holds a slot
  void count(size_t kind) const noexcept {
    slot_->count(kind);
  }

private:
  reader_slot* slot_;
  bool outermost_ = false;
};

} // namespace muster::lock_free
