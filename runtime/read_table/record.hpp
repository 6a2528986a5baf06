// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/read_table.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace muster::lock_free {

enum class record_state : uint8_t {
  /// The value counts.
  valid,
  /// A command on the key is in flight: be silent.
  invalid,
  /// The key is known to be absent.
  tombstone,
};

/// The block that a slot points to (R2), immutable but for the note that it was
/// read: value and state are never two words. Key and value follow the struct
/// in the same allocation; the address is a multiple of `record_alignment`.
///
/// Made complete by `make_record`, then published by a release store of its
/// pointer, then retired, then freed by `free_record`. Immutable, hence read by
/// any thread that pinned its epoch.
struct record {
  tenure of;
  sequence version;
  uint32_t value_size;
  uint16_t key_size;
  record_state state;

  /// Of a copy of this one key (D6): 1, and 2 once somebody has read it; else
  /// 0. Not part of what is served: relaxed, and a lost note is a lost note.
  mutable uint8_t use = 0;

  bool is_single() const noexcept {
    return std::atomic_ref{use}.load(std::memory_order_relaxed) != 0;
  }

  /// Stores only once between two calls of `take_read`: readers share the line.
  void note_read() const noexcept {
    if (std::atomic_ref{use}.load(std::memory_order_relaxed) == 1)
      std::atomic_ref{use}.store(2, std::memory_order_relaxed);
  }

  /// Writer only.
  bool take_read() const noexcept {
    if (std::atomic_ref{use}.load(std::memory_order_relaxed) != 2)
      return false;
    std::atomic_ref{use}.store(1, std::memory_order_relaxed);
    return true;
  }

  const char* bytes() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }

  std::string_view key() const noexcept {
    return {bytes(), key_size};
  }

  std::string_view value() const noexcept {
    return {bytes() + key_size, value_size};
  }

  /// What its allocation takes.
  size_t size_bytes() const noexcept {
    return sizeof(record) + key_size + value_size;
  }

  /// Starts to load the part of the value that most records have, so that its
  /// misses pass while the clock is read: the clock's `lfence` would otherwise
  /// put them one after the other.
  void prefetch_value() const noexcept {
    __builtin_prefetch(bytes() + 64);
    __builtin_prefetch(bytes() + 128);
  }
};

/// A whole cache line: header and a key of up to 40 bytes are one miss.
inline constexpr size_t record_alignment = 64;

void free_record(const record* x) noexcept;

struct record_deleter {
  void operator()(const record* x) const noexcept {
    free_record(x);
  }
};

/// A record that no slot points to yet.
using record_ptr = std::unique_ptr<const record, record_deleter>;

/// @param head  tenure, version and state; its sizes are ignored
/// @pre `key` is at most 64 KiB - 1, `value` at most 4 GiB - 1
record_ptr make_record(record head, std::string_view key,
                       std::string_view value);

} // namespace muster::lock_free
