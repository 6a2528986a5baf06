// SPDX-License-Identifier: Apache-2.0
#pragma once

// The two fences of MEMORY.md, and what stands in for them under thread
// sanitizer, which does not understand `atomic_thread_fence`.

#include <atomic>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#  define MUSTER_THREAD_SANITIZER 1
#elif defined(__has_feature)
#  if __has_feature(thread_sanitizer)
#    define MUSTER_THREAD_SANITIZER 1
#  endif
#endif

namespace muster::lock_free {

/// A word that readers load and the writer stores (W1).
using atomic_word = std::atomic<uint64_t>;

static_assert(atomic_word::is_always_lock_free);
static_assert(std::atomic<const void*>::is_always_lock_free);

#ifdef MUSTER_THREAD_SANITIZER

/// All fences meet in read-modify-writes of this one word: of any two, the
/// later one has seen what the earlier one's thread did before it.
inline constinit atomic_word fence_word{0};

inline void full_fence() noexcept {
  fence_word.fetch_add(1, std::memory_order_seq_cst);
}

inline void acquire_fence() noexcept {
  // Every load of a slot is an acquire load already.
}

#else

/// Rd1, its writer side, and W3 (c): a store before it and a load after it are
/// not exchanged.
inline void full_fence() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

/// Rd3: between the loads of the records and the second load of the prefix
/// word.
inline void acquire_fence() noexcept {
  std::atomic_thread_fence(std::memory_order_acquire);
}

#endif

} // namespace muster::lock_free
