// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster {

/// One bit a row, in words of 64 rows. Lengths are multiples of `block_words`.
using bitmap = std::vector<uint64_t>;

/// A block is a cache line of a bitmap: 512 rows.
constexpr size_t block_words = 8;
constexpr size_t word_rows = 64;
constexpr size_t block_rows = block_words * word_rows;

inline uint64_t bit_of(size_t row) {
  return uint64_t{1} << (row % word_rows);
}

inline bool test_bit(const bitmap& x, size_t row) {
  assert(row / word_rows < x.size());
  return (x[row / word_rows] & bit_of(row)) != 0;
}

inline void assign_bit(bitmap& x, size_t row, bool on) {
  assert(row / word_rows < x.size());
  auto& word = x[row / word_rows];
  word = on ? word | bit_of(row) : word & ~bit_of(row);
}

/// Calls `f` with each row of one word, until it returns false.
/// @returns false if it did
template <class F>
bool each_row(uint64_t rows, size_t word, F& f) {
  for (; rows != 0; rows &= rows - 1) {
    auto bit = static_cast<size_t>(std::countr_zero(rows));
    if (!f(static_cast<uint32_t>(word * word_rows + bit)))
      return false;
  }
  return true;
}

/// Calls `f` with each row, from `start` to the end and then from the
/// beginning, until it returns false.
/// @pre `start` is a row of one of the words
template <class F>
void each_row_from(const uint64_t* rows, size_t words, size_t start, F f) {
  auto first = start / word_rows;
  auto later = ~uint64_t{0} << (start % word_rows);
  assert(first < words);
  if (!each_row(rows[first] & later, first, f))
    return;
  for (size_t w = first + 1; w < words; ++w)
    if (!each_row(rows[w], w, f))
      return;
  for (size_t w = 0; w < first; ++w)
    if (!each_row(rows[w], w, f))
      return;
  each_row(rows[first] & ~later, first, f);
}

} // namespace muster
