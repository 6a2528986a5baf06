// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/words.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::lock_free;
using namespace std::chrono_literals;

namespace {

constexpr nanoseconds unit{65536};

} // namespace

TEST_CASE("lease end is rounded down to its unit", "[words]") {
  auto word = lease_word::make(tenure{1}, 3 * unit - 1ns);
  CHECK(word.covers(2 * unit - 1ns));
  CHECK_FALSE(word.covers(2 * unit));
}

TEST_CASE("lease that ends before the table was made is over", "[words]") {
  CHECK_FALSE(lease_word::make(tenure{1}, -1h).covers(0ns));
  CHECK_FALSE(lease_word::make(tenure{1}, 0ns).covers(0ns));
}

TEST_CASE("lease end beyond the range becomes the largest", "[words]") {
  auto largest = unit * ((int64_t{1} << 40) - 1);
  auto word = lease_word::make(tenure{1}, nanoseconds::max());
  CHECK(word.covers(largest - 1ns));
  CHECK_FALSE(word.covers(largest));
  CHECK(word.is_of(tenure{1}));
}

TEST_CASE("lease word tells tenures apart", "[words]") {
  auto word = lease_word::make(tenure{0xABCDEF}, 10 * unit);
  CHECK(word.is_of(tenure{0xABCDEF}));
  CHECK_FALSE(word.is_of(tenure{0xABCDEE}));
  CHECK(word.is_of(tenure{0x7ABCDEF}));
}

TEST_CASE("prefix word differs in validity, tenure and counter", "[words]") {
  auto word = prefix_word::make(true, tenure{3}, 9);
  CHECK(word.is_valid_in(tenure{3}));
  CHECK_FALSE(word.is_valid_in(tenure{4}));
  CHECK_FALSE(prefix_word::make(false, tenure{3}, 9).is_valid_in(tenure{3}));
  CHECK(word.raw() != prefix_word::make(true, tenure{3}, 10).raw());
  CHECK(word.raw() != prefix_word::make(true, tenure{4}, 9).raw());
}
