// SPDX-License-Identifier: Apache-2.0
#include "allocator/row_search.hpp"

#include "allocator/size_code.hpp"

#include <algorithm>

namespace muster {

void row_search::passing(const candidate_table& of, const quantity_test& x,
                         const uint64_t* among, uint64_t* to) {
  auto words = of.words();
  for (auto y : {&border_, &equal_, &above_})
    y->resize(words);
  for (size_t w = 0; w < words; ++w)
    border_[w] = among[w] & x.low[w] & ~x.high[w];
  use_.compare(of.codes(x.what), code_of(x.bound), border_.data(), to,
               equal_.data(), words);
  if (!is_least_of_code(x.bound)) {
    use_.compare(of.rests(x.what), rest_of(x.bound), equal_.data(),
                 above_.data(), border_.data(), words);
    for (size_t w = 0; w < words; ++w)
      equal_[w] = above_[w] | border_[w];
  }
  auto flip = x.negated ? ~uint64_t{0} : 0;
  for (size_t w = 0; w < words; ++w)
    to[w] = (to[w] | equal_[w] | x.high[w]) ^ flip;
}

void row_search::satisfying(const resolved_request& x, bitmap& to) {
  auto words = x.words();
  to.resize(words);
  pass_.resize(words);
  auto sets = x.prefilter();
  for (size_t w = 0; w < words; w += block_words)
    use_.intersect_block(sets, w, to.data() + w);
  for (size_t i = 0; i < x.quantity_tests; ++i) {
    passing(x.table(), x.quantities[i], to.data(), pass_.data());
    for (size_t w = 0; w < words; ++w)
      to[w] &= pass_[w];
  }
}

void row_search::keep_least(const int32_t* codes, int32_t flip, size_t words,
                            uint64_t* rows) {
  of_word_.resize(words);
  above_.resize(words);
  equal_.resize(words);
  auto found = use_.least(codes, flip, rows, of_word_.data(), words);
  for (size_t w = 0; w < words; ++w)
    if (of_word_[w] != found)
      rows[w] = 0;
  use_.compare(codes, found ^ flip, rows, above_.data(), equal_.data(), words);
  std::copy_n(equal_.data(), words, rows);
}

void row_search::keep_best(const candidate_table& of, quantity q, bool most,
                           uint64_t* rows) {
  auto flip = most ? -1 : 0;
  keep_least(of.codes(q), flip, of.words(), rows);
  auto any = first_row(rows, of.words(), 0);
  if (any != no_row && !is_only_of_code(of.exact(any)[q]))
    keep_least(of.rests(q), flip, of.words(), rows);
}

} // namespace muster
