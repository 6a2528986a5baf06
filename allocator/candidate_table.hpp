// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/bitmap.hpp"
#include "allocator/class_bitmaps.hpp"
#include "allocator/criterion.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace muster {

/// Most rows of a table.
constexpr size_t candidates_max = 8 * 1024 * 1024;

/// The exact quantities of one row, in the order of `quantity`: one cache line,
/// so that to check a candidate costs one miss.
struct alignas(64) exact_row {
  std::array<uint64_t, quantity_count> values{};

  uint64_t operator[](quantity x) const {
    return values[static_cast<size_t>(x)];
  }
};

/// All candidates of one sort (devices or machines), each a row. A quantity is
/// kept three times: in the class bitmaps, which leave most candidates out, in
/// columns of codes and rests (`size_code.hpp`) for scans, and exact in the
/// row.
///
/// A row of devices has the quantities of its machine as well, so that one
/// table answers a whole request; whoever changes a machine sets the rows of
/// its devices.
///
/// Invariants (`check_invariants`): 1. Codes, rests and classes are those of
/// the exact quantities. 2. A row without a candidate is in no bitmap, and its
/// quantities are 0. 3. All bitmaps have `bitmap_words()` words.
///
/// Not thread-safe; owned by the inventory.
class candidate_table {
public:
  /// A row with all quantities 0, not started; takes a free one first.
  /// Amortised constant.
  /// @pre `count()` < `candidates_max`
  uint32_t add();

  /// @pre there is a candidate in `row`
  void remove(uint32_t row);

  /// @pre there is a candidate in `row`; `value` <= `unmeasured`
  void set(uint32_t row, quantity q, uint64_t value);

  void set_started(uint32_t row, bool on);

  size_t count() const {
    return count_;
  }

  /// Words, in whole blocks, after which there is no row: what a search reads.
  size_t words() const {
    return (end_ + block_rows - 1) / block_rows * block_words;
  }

  /// Length of every bitmap; at least `words()`.
  size_t bitmap_words() const {
    return valid_.size();
  }

  /// Rows in which there is a candidate.
  const bitmap& valid() const {
    return valid_;
  }

  const bitmap& started() const {
    return started_;
  }

  /// As long as the others, without a bit.
  const bitmap& none() const {
    return none_;
  }

  /// The rows of class `c` and above.
  const uint64_t* at_least(quantity q, unsigned c) const {
    auto set = classes_[index(q)].at_least(c);
    return set == nullptr ? none_.data() : set;
  }

  const int32_t* codes(quantity q) const {
    return codes_[index(q)].data();
  }

  const int32_t* rests(quantity q) const {
    return rests_[index(q)].data();
  }

  const exact_row& exact(uint32_t row) const {
    return exact_[row];
  }

  size_t memory_bytes() const;

  /// Whether the invariants hold; compares every row. For tests.
  bool check_invariants() const;

private:
  static size_t index(quantity q) {
    return static_cast<size_t>(q);
  }

  void grow();
  bool check_column(quantity q) const;

  size_t count_ = 0;
  std::vector<uint32_t> free_; // of rows below end_
  uint32_t end_ = 0;
  bitmap valid_;
  bitmap started_;
  bitmap none_;
  std::vector<exact_row> exact_;
  std::array<std::vector<int32_t>, quantity_count> codes_;
  std::array<std::vector<int32_t>, quantity_count> rests_;
  std::array<class_bitmaps, quantity_count> classes_;
};

} // namespace muster
