// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <catch2/catch.hpp>

using namespace muster::cli;

TEST_CASE("output: columns are as wide as their widest cell") {
  table uut{{"A", "B"}};
  uut.add({"long \xC3\xA9", "x"});
  uut.add({"1", "yy"});
  CHECK(uut.text() == "A       B\nlong \xC3\xA9  x\n1       yy\n");
}

TEST_CASE("output: durations") {
  CHECK(show_nanoseconds(-1) == "-");
  CHECK(show_nanoseconds(250'000) == "250 us");
  CHECK(show_nanoseconds(1'500'000) == "1.50 ms");
  CHECK(show_nanoseconds(2'000'000'000) == "2.00 s");
}
