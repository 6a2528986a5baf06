// SPDX-License-Identifier: Apache-2.0
#include "allocator/row_sets.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

row_set_key attribute(uint32_t id) {
  return {true, false, id, 0, 0};
}

row_set_key within(uint16_t hops, uint64_t generation) {
  return {true, true, 7, hops, generation};
}

} // namespace

TEST_CASE("row sets: at the limit the one that was used longest ago goes") {
  row_sets x;
  for (uint32_t i = 0; i < row_sets_max; ++i)
    x.make(attribute(i));
  CHECK(x.find(attribute(0)) != nullptr);
  x.make(attribute(row_sets_max));
  CHECK(x.find(attribute(0)) != nullptr);
  CHECK(x.find(attribute(1)) == nullptr);
}

TEST_CASE("row sets: new hop counts take the place of the old ones") {
  row_sets x;
  auto& old = x.make(within(2, 1));
  old.rows.assign(8, 1);
  x.make(within(3, 1));
  auto& fresh = x.make(within(2, 2));
  CHECK(&fresh == &old);
  CHECK(fresh.rows.empty());
  CHECK(x.find(within(2, 1)) == nullptr);
  CHECK(x.find(within(3, 1)) != nullptr);
}
