// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/coordinator_mark.hpp"

#include "tests/unit/coordinator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

result<coordinator_mark> mark_of(coordinator& c, const std::string& fresh) {
  return await<coordinator_mark>(
    [&](auto then) { read_mark(c, "/muster/x/", fresh, std::move(then)); });
}

} // namespace

TEST_CASE("the first machine makes the coordinator's identity, once") {
  embedded_world world;
  words w{*world.c};
  auto first = mark_of(*world.c, "one");
  REQUIRE(first);
  CHECK(first->identity == "one");
  REQUIRE(w.put("/muster/x/members/m1", "here"));
  auto second = mark_of(*world.c, "two");
  REQUIRE(second);
  CHECK(second->identity == "one");
  CHECK(second->revision > first->revision);
}

TEST_CASE("a store refuses another coordinator, and one of the past") {
  coordinator_mark noted{"one", 100};
  CHECK(check_mark(std::nullopt, {"any", 1}));
  CHECK(check_mark(noted, {"one", 100}));
  CHECK(check_mark(noted, {"one", 5000}));
  CHECK(check_mark(noted, {"two", 5000}).failure().code == errc::denied);
  CHECK(check_mark(noted, {"one", 99}).failure().code == errc::denied);
}

TEST_CASE("a mark is read as it was written") {
  coordinator_mark x{"a b=c", 42};
  CHECK(*parse_mark(to_text(x)) == x);
  for (auto text : {"", "revision=", "revision=x identity=y", "identity=y",
                    "revision=1identity=y", "revision=1 2 identity=y"})
    CHECK_FALSE(parse_mark(text));
}
