// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/candidate_table.hpp"
#include "allocator/inventory.hpp"
#include "allocator/resolved_request.hpp"
#include "allocator/scan.hpp"

#include <cstdint>
#include <vector>

namespace muster {

/// Searches over whole columns of a table, by the kernels. All bitmaps that it
/// takes are as long as the table's `words()`, and their rows are valid ones.
///
/// Not thread-safe; keeps its buffers for the next search.
class row_search {
public:
  explicit row_search(const scan_kernels& use) : use_(use) {
    // nop
  }

  const scan_kernels& kernels() const {
    return use_;
  }

  /// Of the rows in `among`, those that pass a test go to `to`, and perhaps
  /// rows that are not in `among`. Reads only codes of rows that the class
  /// bitmaps leave open.
  void passing(const candidate_table& of, const quantity_test& x,
               const uint64_t* among, uint64_t* to);

  /// All rows that satisfy the request, exactly.
  void satisfying(const resolved_request& x, bitmap& to);

  /// Leaves of `rows` those with the least (or most) of a quantity.
  void keep_best(const candidate_table& of, quantity q, bool most,
                 uint64_t* rows);

private:
  void keep_least(const int32_t* codes, int32_t flip, size_t words,
                  uint64_t* rows);

  const scan_kernels& use_;
  bitmap border_;
  bitmap equal_;
  bitmap above_;
  bitmap pass_;
  std::vector<int32_t> of_word_;
};

/// The first row from `start` on, and from the beginning then; `no_row` if
/// there is none.
inline uint32_t first_row(const uint64_t* rows, size_t words, uint32_t start) {
  auto out = no_row;
  each_row_from(rows, words, start, [&](uint32_t row) {
    out = row;
    return false;
  });
  return out;
}

} // namespace muster
