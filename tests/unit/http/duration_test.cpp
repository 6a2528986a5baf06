// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/duration.hpp"

#include <catch2/catch.hpp>

using namespace muster::http;
using std::chrono::milliseconds;

TEST_CASE("duration: numbers with a unit") {
  CHECK(parse_timeout("500ms") == milliseconds{500});
  CHECK(parse_timeout("2s") == milliseconds{2000});
  CHECK(parse_timeout("1.5s") == milliseconds{1500});
  CHECK(parse_timeout("3m") == milliseconds{180'000});
}

TEST_CASE("duration: everything else is refused") {
  for (auto text : {"", "2", "s", "-1s", "0s", "2 s", "1e9s", "nan", "inf",
                    "2h", "25000m", "2s ", "0.0001ms"})
    CHECK_FALSE(parse_timeout(text).has_value());
}
