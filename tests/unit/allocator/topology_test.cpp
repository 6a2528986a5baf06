// SPDX-License-Identifier: Apache-2.0
#include "allocator/topology.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

uint16_t hops(topology& x, std::string_view from, std::string_view to) {
  return x.hops_from(*x.find(from)).hops[*x.find(to)];
}

void link(topology& x, std::string_view a, std::string_view b) {
  REQUIRE(x.add_link(a, b));
}

/// Whether a place is kept and needs no search.
bool kept(const topology& x, std::string_view place) {
  return x.generation(*x.find(place)) != 0;
}

} // namespace

TEST_CASE("topology: machines of one switch are two hops apart") {
  topology x;
  link(x, "m1", "s1");
  link(x, "m2", "s1");
  link(x, "s1", "s2");
  link(x, "m3", "s2");
  CHECK(hops(x, "m1", "m1") == 0);
  CHECK(hops(x, "m1", "m2") == 2);
  CHECK(hops(x, "m1", "m3") == 3);
  CHECK(hops(x, "s2", "m1") == 2);
}

TEST_CASE("topology: without a path there is no number of hops") {
  topology x;
  link(x, "m1", "s1");
  link(x, "m2", "s2");
  CHECK(hops(x, "m1", "m2") == unreachable);
  link(x, "s1", "s2");
  CHECK(hops(x, "m1", "m2") == 3);
  x.remove_link("s2", "s1");
  CHECK(hops(x, "m1", "m2") == unreachable);
}

TEST_CASE("topology: a link counts once, from whichever end it is written") {
  topology x;
  link(x, "a", "b");
  link(x, "b", "a");
  CHECK(x.link_count() == 1);
  x.remove_link("a", "b");
  CHECK(x.link_count() == 0);
  x.remove_link("a", "b");
  x.remove_link("a", "unknown");
  CHECK(x.link_count() == 0);
  CHECK_FALSE(x.add_link("a", "a"));
}

TEST_CASE("topology: a link that shortens nothing changes no hop counts") {
  topology x;
  link(x, "a", "b");
  link(x, "a", "c");
  auto before = x.hops_from(*x.find("a")).generation;
  link(x, "b", "c"); // both one hop away
  CHECK(x.generation(*x.find("a")) == before);
  link(x, "c", "d"); // d comes nearer
  CHECK(x.generation(*x.find("a")) != before);
  CHECK(hops(x, "a", "d") == 2);
}

TEST_CASE("topology: a search is only needed where a shortest path went") {
  topology x;
  for (auto end : {"b", "c"}) {
    link(x, "a", end);
    link(x, end, "d");
  }
  link(x, "b", "c");
  CHECK(hops(x, "a", "d") == 2);
  x.remove_link("b", "c"); // on none
  CHECK(kept(x, "a"));
  x.remove_link("c", "d"); // there is another, by b
  CHECK(kept(x, "a"));
  x.remove_link("b", "d");
  CHECK_FALSE(kept(x, "a"));
  CHECK(hops(x, "a", "d") == unreachable);
}

TEST_CASE("topology: the place that was asked for longest ago makes room") {
  topology x;
  for (size_t i = 0; i <= places_max; ++i)
    link(x, "s", "m" + std::to_string(i));
  for (size_t i = 0; i < places_max; ++i)
    hops(x, "m" + std::to_string(i), "s");
  hops(x, "m0", "s");
  hops(x, "m" + std::to_string(places_max), "s");
  CHECK(kept(x, "m0"));
  CHECK_FALSE(kept(x, "m1"));
}

TEST_CASE("topology: paths longer than can be counted count as the longest") {
  topology x;
  auto name = [](int i) { return std::to_string(i); };
  link(x, name(0), name(1));
  static_cast<void>(hops(x, "0", "1"));
  for (int i = 1; i < 66'000; ++i)
    link(x, name(i), name(i + 1));
  CHECK(hops(x, "0", "65533") == 65'533);
  CHECK(hops(x, "0", "66000") == unreachable - 1);
  x.remove_link(name(65'800), name(65'801));
  CHECK(hops(x, "0", "65800") == unreachable - 1);
  CHECK(hops(x, "0", "65801") == unreachable);
}

TEST_CASE("topology: hop counts are those of a naive search after any changes",
          "[twin]") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    topology own;
    auto any = [&] { return std::to_string(with.below(24)); };
    for (int i = 0; i < 24; ++i)
      own.add(std::to_string(i));
    for (int step = 0; step < 400; ++step) {
      auto a = any();
      auto b = any();
      if (a == b)
        continue;
      if (with.below(9) < 4) {
        link(own, a, b);
        x.links.insert(std::minmax(a, b));
      } else {
        own.remove_link(a, b);
        x.links.erase(std::minmax(a, b));
      }
      // A few places only, so that most are kept over several changes.
      auto place = std::to_string(with.below(4));
      auto right = x.hops_from(place);
      for (int to = 0; to < 24; ++to) {
        auto i = right.find(std::to_string(to));
        auto expected = i == right.end() ? unreachable
                                         : static_cast<uint16_t>(i->second);
        REQUIRE(hops(own, place, std::to_string(to)) == expected);
      }
    }
  }
}
