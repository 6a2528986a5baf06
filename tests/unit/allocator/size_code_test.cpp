// SPDX-License-Identifier: Apache-2.0
#include "allocator/criterion.hpp"
#include "allocator/size_code.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

bool at_least(uint64_t a, uint64_t b) {
  return code_of(a) > code_of(b)
         || (code_of(a) == code_of(b) && rest_of(a) >= rest_of(b));
}

} // namespace

TEST_CASE("codes: code and rest keep the order") {
  dice with{1};
  auto any = [&] { return with.one_in(20) ? unmeasured : with.quantity(); };
  for (int i = 0; i < 200'000; ++i) {
    auto a = any();
    // Near it, where codes are equal, or anywhere.
    auto b = with.one_in(2) ? any()
                            : std::min(unmeasured, a + with.below(1 << 20));
    INFO(a << " and " << b);
    REQUIRE(at_least(a, b) == (a >= b));
    REQUIRE(at_least(b, a) == (b >= a));
  }
}

TEST_CASE("codes: the greatest quantities stay apart") {
  CHECK(code_of(quantity_max) < code_of(unmeasured));
  CHECK(rest_of(quantity_max) > rest_of(quantity_max - 1));
  CHECK(code_of(unmeasured) < INT32_MAX);
  CHECK(code_of(0) == INT32_MIN);
}

TEST_CASE("codes: which quantities need no rest") {
  CHECK(is_least_of_code(uint64_t{1} << 40));
  CHECK(is_least_of_code((uint64_t{1} << 40) + (uint64_t{1} << 14)));
  CHECK_FALSE(is_least_of_code((uint64_t{1} << 40) + 1));
  CHECK(is_only_of_code((uint64_t{1} << code_bits) - 1));
  CHECK_FALSE(is_only_of_code(uint64_t{1} << code_bits));
}
