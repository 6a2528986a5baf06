// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/peer_via.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("peer_via: a machine, a host, a port") {
  auto plain = parse_peer_via("m2=127.0.0.1:4102");
  REQUIRE(plain);
  CHECK(*plain == peer_via{machine_id{"m2"}, "127.0.0.1", 4102});
  auto named = parse_peer_via("rack-1.m2=proxy.example:65535");
  REQUIRE(named);
  CHECK(*named == peer_via{machine_id{"rack-1.m2"}, "proxy.example", 65535});
  auto bracketed = parse_peer_via("m3=[::1]:7400");
  REQUIRE(bracketed);
  CHECK(*bracketed == peer_via{machine_id{"m3"}, "::1", 7400});
}

TEST_CASE("peer_via: anything else is refused") {
  for (auto text : {"", "m2", "=a:1", "m2=a", "m2=:1", "m2=a:", "m2=a:0",
                    "m2=a:65536", "m2=a:1x", "m2:a=1"}) {
    INFO(text);
    auto parsed = parse_peer_via(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.failure().code == errc::invalid_argument);
  }
}
