// SPDX-License-Identifier: Apache-2.0
#include "allocator/row_search.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

/// Rows whose quantities are close together, many with the same code.
struct crowd {
  dice with;
  candidate_table table;
  uint64_t base;

  explicit crowd(uint64_t seed)
    : with(seed), base(uint64_t{1} << (20 + with.below(38))) {
    for (int i = 0; i < 1500; ++i)
      table.set(table.add(), quantity::capacity, any());
  }

  uint64_t any() {
    return base + with.below(with.one_in(2) ? 40 : 1 << 18);
  }

  bitmap rows() {
    bitmap out(table.words());
    for (size_t w = 0; w < out.size(); ++w)
      out[w] = table.valid()[w] & with.next();
    return out;
  }

  uint64_t at(uint32_t row) const {
    return table.exact(row)[quantity::capacity];
  }
};

quantity_test at_least(const candidate_table& of, uint64_t bound,
                       bool negated) {
  auto c = class_of(bound);
  return {quantity::capacity, bound, negated,
          of.at_least(quantity::capacity, c),
          of.at_least(quantity::capacity, c + 1)};
}

} // namespace

TEST_CASE("row search: the best of quantities that are close together") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    crowd x{seed};
    for (auto kernels : {&best_kernels(), &portable_kernels()})
      for (auto most : {false, true}) {
        row_search search{*kernels};
        auto among = x.rows();
        auto left = among;
        search.keep_best(x.table, quantity::capacity, most, left.data());
        uint64_t best = most ? 0 : UINT64_MAX;
        for (uint32_t row = 0; row < 1500; ++row)
          if (test_bit(among, row))
            best = most ? std::max(best, x.at(row)) : std::min(best, x.at(row));
        for (uint32_t row = 0; row < 1500; ++row)
          REQUIRE(test_bit(left, row)
                  == (test_bit(among, row) && x.at(row) == best));
      }
  }
}

TEST_CASE("row search: bounds among quantities that are close together") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    crowd x{seed};
    row_search search{best_kernels()};
    for (auto negated : {false, true})
      for (int i = 0; i < 10; ++i) {
        auto test = at_least(x.table, x.any(), negated);
        auto among = x.rows();
        bitmap passing(x.table.words());
        search.passing(x.table, test, among.data(), passing.data());
        for (uint32_t row = 0; row < 1500; ++row)
          if (test_bit(among, row))
            REQUIRE(test_bit(passing, row)
                    == ((x.at(row) >= test.bound) != negated));
      }
  }
}

TEST_CASE("row search: of no rows none is the best") {
  crowd x{1};
  row_search search{best_kernels()};
  bitmap rows(x.table.words());
  search.keep_best(x.table, quantity::capacity, false, rows.data());
  CHECK(first_row(rows.data(), rows.size(), 77) == no_row);
}

TEST_CASE(
  "row search: the first row from a place on, and then from the "
  "beginning") {
  bitmap rows(block_words);
  for (auto row : {3, 64, 200})
    assign_bit(rows, static_cast<size_t>(row), true);
  for (auto [start, first] :
       {std::pair{0U, 3U}, {3U, 3U}, {4U, 64U}, {65U, 200U}, {201U, 3U}})
    CHECK(first_row(rows.data(), rows.size(), start) == first);
}
