// SPDX-License-Identifier: Apache-2.0
#include "registry/read_interest.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

const peer m1{machine_id{"m1"}, incarnation{1}};
const peer m2{machine_id{"m2"}, incarnation{1}};

/// How many of so many reads are answered with an offer.
size_t offers(read_interest& x, const peer& who, const std::string& key,
              int reads) {
  size_t out = 0;
  for (auto i = 0; i < reads; ++i)
    out += x.on_read(who, key);
  return out;
}

} // namespace

TEST_CASE("interest: a copy is offered with the second read") {
  read_interest x{{2, 100}};
  CHECK_FALSE(x.on_read(m1, "/a"));
  CHECK(x.on_read(m1, "/a"));
}

TEST_CASE("interest: each machine and each key is counted by itself") {
  read_interest x{{2, 100}};
  CHECK_FALSE(x.on_read(m1, "/a"));
  CHECK_FALSE(x.on_read(m2, "/a"));
  CHECK_FALSE(x.on_read(m1, "/b"));
  CHECK(x.on_read(m2, "/a"));
}

TEST_CASE("interest: a write begins the count anew") {
  read_interest x{{2, 100}};
  x.on_read(m1, "/a");
  x.on_write("/a");
  CHECK_FALSE(x.on_read(m1, "/a"));
  CHECK(x.on_read(m1, "/a"));
}

TEST_CASE("interest: what nobody takes is offered ever more rarely") {
  read_interest x{{2, 100}};
  CHECK(offers(x, m1, "/a", 1024) == 10); // 2, 4, 8, ... 1024
}

TEST_CASE("interest: who has got a copy is counted from nothing") {
  read_interest x{{2, 100}};
  x.on_read(m1, "/a");
  x.forget(m1, "/a");
  CHECK(x.pair_count() == 0);
  CHECK_FALSE(x.on_read(m1, "/a"));
}

TEST_CASE("interest: at the limit the least recently read is forgotten") {
  read_interest x{{2, 8}};
  x.on_read(m1, "/old");
  x.on_read(m1, "/kept");
  for (auto i = 0; i < 100; ++i) {
    x.on_read(m1, "/" + std::to_string(i));
    if (i % 2 == 0)
      x.on_read(m1, "/kept");
    REQUIRE(x.pair_count() <= 8);
  }
  CHECK_FALSE(x.on_read(m1, "/old"));
  // Its 52nd and 64th read: never forgotten.
  CHECK(offers(x, m1, "/kept", 13) == 1);
}

TEST_CASE("interest: none is offered if none is wanted") {
  read_interest x{{0, 100}};
  CHECK(offers(x, m1, "/a", 100) == 0);
  CHECK(x.pair_count() == 0);
}
