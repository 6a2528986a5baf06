// SPDX-License-Identifier: Apache-2.0
#include "allocator/inventory.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

TEST_CASE("inventory: its tables are right after every change", "[twin]") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    selector use{x.in};
    for (int i = 0; i < 300; ++i) {
      INFO("change " << i);
      change(x, with);
      // Requests make sets of rows, which later changes must keep right.
      static_cast<void>(use.choose(with.request(places_of(x)), {}));
      if (i % 10 == 0)
        REQUIRE(x.in.check_invariants());
    }
  }
}
