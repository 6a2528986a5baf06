// SPDX-License-Identifier: Apache-2.0
#include "trio.hpp"

using namespace muster;
using namespace muster::test;

TEST_CASE("replication: a new shard is taken over by its first replica") {
  trio all;
  REQUIRE(all.run_until_served());
  CHECK(all.primary() == 0u);
  CHECK(all.in_sync_count() == 3);
}

TEST_CASE("replication: a write is read on every replica") {
  trio all;
  REQUIRE(all.run_until_served());
  CHECK(all.put("/a", "1") == "committed");
  all.run(1s);
  for (size_t i = 0; i < all.size(); ++i)
    CHECK(all.read(i, "/a") == "1");
}
