// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/bitmap.hpp"

#include <array>
#include <bit>

namespace muster {

/// The class of a quantity: how many bits it has, 0 to 63. Class c + 1 begins
/// at 2^c.
constexpr unsigned class_of(uint64_t x) {
  return static_cast<unsigned>(std::bit_width(x));
}

constexpr unsigned class_count = 64;

/// One column's cumulative classes: the bitmap of class c has the rows of class
/// c *and above*. So "at least x" lies between the bitmaps of x's class and of
/// the next one, and only rows in the first and not in the second have to be
/// looked at.
///
/// Invariants: 1. Bitmap c + 1 is a subset of bitmap c. 2. A row of class c is
/// in the bitmaps 1 to c and in no other. A class that no row reached has no
/// memory.
///
/// Not thread-safe; owned by its table.
class class_bitmaps {
public:
  /// Makes room for rows; new ones are of class 0.
  void resize(size_t words);

  /// Notes that the quantity of a row has changed. Touches as many bitmaps as
  /// the classes are apart.
  void move(size_t row, uint64_t from, uint64_t to);

  /// The rows of class `c` and above, or null: no row ever was.
  /// @pre 1 <= c < class_count
  const uint64_t* at_least(unsigned c) const {
    assert(c > 0 && c < class_count);
    return sets_[c].empty() ? nullptr : sets_[c].data();
  }

  size_t memory_bytes() const;

private:
  size_t words_ = 0;
  std::array<bitmap, class_count> sets_;
};

} // namespace muster
