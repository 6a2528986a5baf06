// SPDX-License-Identifier: Apache-2.0
#include "allocator/scan.hpp"

#include <algorithm>
#include <bit>

namespace muster {

namespace {

bool intersect_block(const intersection& x, size_t first, uint64_t* to) {
  uint64_t any = 0;
  for (size_t i = 0; i < block_words; ++i) {
    auto word = x.in[0][first + i];
    for (size_t j = 1; j < x.in_count; ++j)
      word &= x.in[j][first + i];
    for (size_t j = 0; j < x.out_count; ++j)
      word &= ~x.out[j][first + i];
    to[i] = word;
    any |= word;
  }
  return any != 0;
}

void compare(const int32_t* codes, int32_t bound, const uint64_t* among,
             uint64_t* above, uint64_t* equal, size_t words) {
  for (size_t w = 0; w < words; ++w) {
    above[w] = equal[w] = 0;
    if (among[w] == 0)
      continue;
    auto code = codes + w * word_rows;
    for (size_t i = 0; i < word_rows; ++i) {
      above[w] |= uint64_t{code[i] > bound} << i;
      equal[w] |= uint64_t{code[i] == bound} << i;
    }
    above[w] &= among[w];
    equal[w] &= among[w];
  }
}

int32_t least(const int32_t* codes, int32_t flip, const uint64_t* among,
              int32_t* of_word, size_t words) {
  auto out = no_code;
  for (size_t w = 0; w < words; ++w) {
    auto best = no_code;
    for (auto rows = among[w]; rows != 0; rows &= rows - 1) {
      auto i = static_cast<size_t>(std::countr_zero(rows));
      best = std::min(best, codes[w * word_rows + i] ^ flip);
    }
    of_word[w] = best;
    out = std::min(out, best);
  }
  return out;
}

size_t bit_count(uint64_t x) {
  return static_cast<size_t>(std::popcount(x));
}

exclusion_count exclude(const uint64_t* valid, const uint64_t* passing,
                        const exclusion_sets& rows, size_t words) {
  exclusion_count out;
  for (size_t w = 0; w < words; ++w) {
    auto pass = passing[w];
    auto none = rows.by_none[w];
    auto one = rows.by_one[w];
    out.alone += bit_count(valid[w] & ~pass);
    out.in_order += bit_count(none & ~pass);
    rows.by_two[w] = (rows.by_two[w] & pass) | (one & ~pass);
    rows.by_one[w] = (one & pass) | (none & ~pass);
    rows.by_none[w] = none & pass;
  }
  return out;
}

} // namespace

const scan_kernels& portable_kernels() {
  static constexpr scan_kernels all{"portable", intersect_block, compare, least,
                                    exclude};
  return all;
}

const scan_kernels& best_kernels() {
  static const auto& chosen = avx2_kernels() != nullptr ? *avx2_kernels()
                                                        : portable_kernels();
  return chosen;
}

} // namespace muster
