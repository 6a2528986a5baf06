// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::testing::cli_fixture;
using muster::testing::has;

TEST_CASE_METHOD(cli_fixture, "cli: a policy agent is added, listed, removed") {
  serve();
  CHECK(muster({"agent", "add", "watch", "--prefix", "/billing/", "--enlist",
                "m1,m9", "--reason", "audit"})
        == 0);
  CHECK(out == "watch is in force, version 1\n");
  CHECK(has(err, "until they are back: m1"));
  CHECK(muster({"agent", "list"}) == 0);
  CHECK(has(out, "watch  /billing  m1, m9 (absent: m9)  audit"));
  CHECK(muster({"agent", "show", "watch", "-o", "json"}) == 0);
  CHECK(has(out, R"("enlist":["m1","m9"])"));
  CHECK(muster({"agent", "remove", "watch"}) == 0);
  CHECK(muster({"agent", "show", "watch"}) == 3);
}

TEST_CASE_METHOD(cli_fixture, "cli: a policy's name that is taken is refused") {
  serve();
  std::vector<std::string> add{"agent",    "add", "watch",    "--prefix", "/a",
                               "--enlist", "m1",  "--reason", "audit"};
  CHECK(muster(add) == 0);
  CHECK(muster(add) == 4);
  CHECK(has(err, "muster agent show watch"));
  add.emplace_back("--replace");
  CHECK(muster(add) == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: a policy without a reason is a wrong use") {
  serve();
  CHECK(muster({"agent", "add", "watch", "--prefix", "/a", "--enlist", "m1"})
        == 2);
  CHECK(muster({"agent", "add", "watch", "--prefix", "/muster", "--enlist",
                "m1", "--reason", "r"})
        == 2);
  CHECK(has(err, "no policy covers /muster"));
}
