// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/bitmap.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace muster {

/// Bitmaps that a candidate must be in, and those that it must not be in.
struct intersection {
  /// One a criterion, twice for a quantity in explanations; labels one each.
  static constexpr size_t sets_max = 40;

  const uint64_t* in[sets_max];
  const uint64_t* out[sets_max];
  size_t in_count = 0;
  size_t out_count = 0;

  void require(const uint64_t* x) {
    assert(in_count < sets_max);
    in[in_count++] = x;
  }

  void forbid(const uint64_t* x) {
    assert(out_count < sets_max);
    out[out_count++] = x;
  }
};

/// Valid rows by how many criteria have excluded them so far.
struct exclusion_sets {
  uint64_t* by_none;
  uint64_t* by_one;
  uint64_t* by_two;
};

struct exclusion_count {
  size_t alone = 0; // of all valid rows
  size_t in_order = 0; // of those that none had excluded

  bool operator==(const exclusion_count&) const = default;
};

/// What a search does to many rows at once. All lengths are words of 64 rows,
/// multiples of `block_words`; results do not overlap the arguments.
struct scan_kernels {
  const char* name;

  /// Intersects one block, beginning at word `first`. @pre `x.in_count` > 0
  /// @returns whether a row is left
  bool (*intersect_block)(const intersection& x, size_t first, uint64_t* to);

  /// Of the rows in `among`, those with a code above `bound` and those with the
  /// same one. Reads only the codes of words that have rows in `among`.
  void (*compare)(const int32_t* codes, int32_t bound, const uint64_t* among,
                  uint64_t* above, uint64_t* equal, size_t words);

  /// The least of (code ^ flip) over the rows in `among`, and the least of
  /// each word; `no_code` where there is no row. `flip` is 0, or -1 to find the
  /// greatest code.
  int32_t (*least)(const int32_t* codes, int32_t flip, const uint64_t* among,
                   int32_t* of_word, size_t words);

  /// Counts what one more criterion excludes, and moves the rows on.
  exclusion_count (*exclude)(const uint64_t* valid, const uint64_t* passing,
                             const exclusion_sets& rows, size_t words);
};

constexpr int32_t no_code = std::numeric_limits<int32_t>::max();

/// Works everywhere.
const scan_kernels& portable_kernels();

/// Null where the processor or the compiler cannot do it.
const scan_kernels* avx2_kernels();

/// The fastest that this processor has.
const scan_kernels& best_kernels();

} // namespace muster
