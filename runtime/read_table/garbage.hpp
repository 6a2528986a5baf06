// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace muster::lock_free {

/// What a writer has unlinked and readers may still look at. Owns it; frees it
/// once no reader can hold a pointer to it (Rd1, the writer's side). Never
/// waits for a reader: while one stays inside its visitor, garbage grows.
///
/// Invariants: (1) entries are in the order of their epochs, those without one
/// last; (2) `bytes()` is the sum over all entries.
///
/// Not thread-safe; owned by the writer.
class garbage {
public:
  garbage() = default;

  /// Frees all. @pre no reader is left
  ~garbage();

  garbage(const garbage&) = delete;
  garbage& operator=(const garbage&) = delete;

  /// @pre no word that a reader loads points to `x` any more
  void retire(const void* x, void (*free)(const void*), size_t bytes);

  /// Frees what no reader can hold any more, and starts the wait for what was
  /// retired since the last call. Contains a full fence.
  void collect();

  /// Entries retired since the last `collect`.
  size_t untagged_count() const noexcept {
    return items_.size() - tagged_count_;
  }

  size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct item {
    const void* what;
    void (*free)(const void*);
    size_t bytes;
    uint64_t epoch;
  };

  void free_first();

  std::deque<item> items_;
  size_t tagged_count_ = 0;
  size_t bytes_ = 0;
};

} // namespace muster::lock_free
