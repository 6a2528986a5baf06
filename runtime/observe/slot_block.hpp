// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace muster {

/// One thread's numbers. Only that thread stores, with relaxed loads and
/// stores and no read-modify-write; anyone reads.
class slot_block {
public:
  static constexpr size_t slots_max = 8192;

  void add(size_t slot, uint64_t n) noexcept {
    auto& x = slots_[slot];
    x.store(x.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  uint64_t get(size_t slot) const noexcept {
    return slots_[slot].load(std::memory_order_relaxed);
  }

private:
  friend class slot_pool;
  friend struct thread_blocks;

  /// Whether a live thread owns the block.
  std::atomic<bool> owned_{true};
  std::array<std::atomic<uint64_t>, slots_max> slots_{};
};

/// The blocks of one registry, one for each thread that ever counted at the
/// same time. A block outlives its thread, its numbers stay, and the next new
/// thread goes on with it: so sums never fall and memory is bounded by the
/// most threads alive at once (64 KiB each, mapped as touched).
///
/// Thread-safe. Threads may outlive the pool: they share the ownership of
/// their blocks.
class slot_pool {
public:
  slot_pool();

  slot_pool(const slot_pool&) = delete;
  slot_pool& operator=(const slot_pool&) = delete;

  /// The calling thread's block.
  slot_block& mine() noexcept {
    return cached_.pool == number_ ? *cached_.block : find();
  }

  /// The sum of a slot over all threads.
  uint64_t sum(size_t slot) const;

private:
  struct cache_entry {
    uint64_t pool;
    slot_block* block;
  };

  slot_block& find();
  std::shared_ptr<slot_block> take();

  /// The pool that this thread used last.
  static inline thread_local cache_entry cached_{0, nullptr};

  /// Never 0, never used again after this pool's end.
  const uint64_t number_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<slot_block>> blocks_;
};

} // namespace muster
