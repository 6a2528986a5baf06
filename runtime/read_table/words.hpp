// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/read_table.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace muster::lock_free {

/// One tenure of a shard, immutable. The shard word (W1) is a pointer to it,
/// null if the shard is not held; readers report what stands here.
struct tenure_block {
  tenure number;
  uint8_t served_from = 0;
  term of;
  session in;
};

/// The lease word (W1), one 64-bit word:
///
///   bits 63..40  the low bits of the tenure's number
///   bits 39..0   the end, in units of 2^16 ns since the table was made,
///                rounded down
///
/// An end beyond 2.28 years is stored as that, hence a lease is never longer
/// than it was granted. The tag repeats after 16 million tenures: a reader
/// would have to sleep through all of them between two loads.
class lease_word {
public:
  explicit lease_word(uint64_t raw) : raw_(raw) {
    // nop
  }

  /// @param end  since the table was made; not after 0 means "is over"
  static lease_word make(tenure of, nanoseconds end) {
    auto units = std::max<int64_t>(end.count(), 0) >> unit_bits;
    auto stored = std::min<uint64_t>(static_cast<uint64_t>(units), end_mask);
    return lease_word{(of.value << end_bits) | stored};
  }

  uint64_t raw() const {
    return raw_;
  }

  /// Whether the lease is of that tenure.
  bool is_of(tenure x) const {
    return raw_ >> end_bits == (x.value << end_bits) >> end_bits;
  }

  /// Whether `now`, since the table was made, is before the end.
  bool covers(nanoseconds now) const {
    return now < nanoseconds{(raw_ & end_mask) << unit_bits};
  }

private:
  static constexpr unsigned end_bits = 40;
  static constexpr unsigned unit_bits = 16;
  static constexpr uint64_t end_mask = (uint64_t{1} << end_bits) - 1;

  uint64_t raw_;
};

/// The prefix word (W1), one 64-bit word, compared as a whole:
///
///   bit  63      valid
///   bits 62..47  the low bits of the tenure's number
///   bits 46..0   the counter; one for the whole shard, moved at each store of
///                any of its prefix words, so it never repeats in the life of
///                the process (140 million million stores)
class prefix_word {
public:
  explicit prefix_word(uint64_t raw) : raw_(raw) {
    // nop
  }

  static prefix_word make(bool valid, tenure of, uint64_t counter) {
    assert(counter < uint64_t{1} << counter_bits);
    auto tag = (of.value & tag_mask) << counter_bits;
    return prefix_word{(uint64_t{valid} << 63) | tag | counter};
  }

  uint64_t raw() const {
    return raw_;
  }

  /// Whether it is valid in that tenure.
  bool is_valid_in(tenure x) const {
    return raw_ >> counter_bits
           == ((uint64_t{1} << 63 >> counter_bits) | (x.value & tag_mask));
  }

private:
  static constexpr unsigned counter_bits = 47;
  static constexpr uint64_t tag_mask = 0xFFFF;

  uint64_t raw_;
};

} // namespace muster::lock_free
