// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/target.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace muster;
using namespace muster::http;

TEST_CASE("target: path and parameters are decoded") {
  auto x = parse_target("/v1/list?prefix=%2Fa%20b&confirmed");
  REQUIRE(x);
  CHECK(x->path == "/v1/list");
  CHECK(x->query["prefix"] == "/a b");
  CHECK(x->query["confirmed"].empty());
}

TEST_CASE("target: broken escapes and repeated parameters are refused") {
  CHECK_FALSE(parse_target("no/slash"));
  CHECK_FALSE(parse_target("/a%2"));
  CHECK_FALSE(parse_target("/a%zz"));
  CHECK_FALSE(parse_target("/a?x=%"));
  CHECK_FALSE(parse_target("/a?x=1&x=2"));
}

TEST_CASE("target: decoding undoes encoding, for any bytes") {
  CHECK(rc::check([](const std::string& text) {
    RC_ASSERT(percent_decode(percent_encode(text)) == text);
  }));
}
