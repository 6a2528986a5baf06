// SPDX-License-Identifier: Apache-2.0
#include "registry/coordinator_watch.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("coordinator: a read that goes back is not believed (M3)") {
  coordinator_watch x;
  CHECK(x.on_read(epoch{7}, 5).usable);
  CHECK(x.on_read(epoch{7}, 5).usable);
  auto back = x.on_read(epoch{6}, 0);
  CHECK_FALSE(back.usable);
  CHECK(back.went_back);
  CHECK_FALSE(back.expelled);
  CHECK(x.newest() == epoch{7});
  CHECK(x.own_registration() == 5);
}

TEST_CASE("coordinator: that it went back is told once") {
  coordinator_watch x;
  x.on_read(epoch{7}, 5);
  x.on_read(epoch{6}, 5);
  CHECK_FALSE(x.on_read(epoch{6}, 5).went_back);
  CHECK(x.on_read(epoch{8}, 5).usable);
  CHECK(x.on_read(epoch{7}, 5).went_back);
}

TEST_CASE("coordinator: who was a member and is none is told once (M1)") {
  coordinator_watch x;
  CHECK_FALSE(x.on_read(epoch{3}, 0).expelled); // not registered yet
  CHECK_FALSE(x.on_read(epoch{5}, 5).expelled);
  CHECK(x.on_read(epoch{6}, 0).expelled);
  CHECK_FALSE(x.on_read(epoch{7}, 0).expelled);
  // It goes on to name the registration that is gone, so that no swap lands.
  CHECK(x.own_registration() == 5);
}
