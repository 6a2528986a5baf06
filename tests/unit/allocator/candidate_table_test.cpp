// SPDX-License-Identifier: Apache-2.0
#include "allocator/candidate_table.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

bool in_class(const candidate_table& x, quantity q, unsigned c, uint32_t row) {
  return (x.at_least(q, c)[row / word_rows] & bit_of(row)) != 0;
}

} // namespace

TEST_CASE("table: a quantity is in its class and those below") {
  candidate_table x;
  auto row = x.add();
  x.set(row, quantity::memory, 5); // three bits
  for (unsigned c = 1; c <= 3; ++c)
    CHECK(in_class(x, quantity::memory, c, row));
  CHECK_FALSE(in_class(x, quantity::memory, 4, row));
  x.set(row, quantity::memory, 1);
  CHECK(in_class(x, quantity::memory, 1, row));
  CHECK_FALSE(in_class(x, quantity::memory, 2, row));
  CHECK(x.check_invariants());
}

TEST_CASE("table: a row that was removed is taken again, empty") {
  candidate_table x;
  x.add();
  auto row = x.add();
  x.set(row, quantity::latency, unmeasured);
  x.set_started(row, true);
  x.remove(row);
  CHECK(x.count() == 1);
  CHECK(x.check_invariants());
  CHECK(x.add() == row);
  CHECK(x.exact(row)[quantity::latency] == 0);
  CHECK_FALSE(test_bit(x.started(), row));
}

TEST_CASE("table: searches read whole blocks, as far as there are rows") {
  candidate_table x;
  CHECK(x.words() == 0);
  x.add();
  CHECK(x.words() == block_words);
  for (size_t i = 1; i < block_rows; ++i)
    x.add();
  CHECK(x.words() == block_words);
  auto row = x.add();
  x.set(row, quantity::capacity, 7);
  CHECK(x.words() == 2 * block_words);
  CHECK(in_class(x, quantity::capacity, 3, row));
  CHECK(x.check_invariants());
}

TEST_CASE("table: rows stay right while it grows") {
  candidate_table x;
  for (uint64_t i = 0; i < 3000; ++i) {
    auto row = x.add();
    for (size_t q = 0; q < quantity_count; ++q)
      x.set(row, static_cast<quantity>(q), i * (q + 1) << q);
    if (i % 3 == 0)
      x.remove(row);
  }
  CHECK(x.count() == 2000);
  CHECK(x.check_invariants());
}
