// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::testing::cli_fixture;
using muster::testing::has;

TEST_CASE_METHOD(cli_fixture, "cli: what is bound vanishes with its session") {
  serve();
  CHECK(muster({"session", "create", "--ttl", "5s", "--id", "mine", "--label",
                "a test", "-o", "json"})
        == 0);
  CHECK(out
        == R"({"id":"mine","ttl_ms":5000,"opened_at":"m1","label":"a test"})"
           "\n");
  CHECK(muster({"put", "/svc/a", "1", "--session", "mine"}) == 0);
  CHECK(muster({"get", "/svc/a"}) == 0);
  CHECK(out == "1");
  CHECK(muster({"session", "renew", "mine"}) == 0);
  CHECK(out == "session mine lives for 5 s\n");
  CHECK(muster({"session", "show", "mine", "-o", "json"}) == 0);
  CHECK(has(out, R"("bound":["/svc/a"])"));
  CHECK(muster({"session", "list"}) == 0);
  CHECK(has(out, "mine     5 s  m1         a test  /svc/a"));
  CHECK(muster({"session", "end", "mine"}) == 0);
  CHECK(muster({"get", "/svc/a"}) == 3);
  CHECK(muster({"session", "list", "-o", "json"}) == 0);
  CHECK(out == "[]\n");
}

TEST_CASE_METHOD(cli_fixture, "http: a session's path is its id and no more") {
  serve();
  CHECK(muster({"session", "create", "--id", "s"}) == 0);
  CHECK(muster({"session", "end", "s/records/a"}) == 3);
  CHECK(muster({"session", "renew", "s/x"}) == 3);
  CHECK(muster({"session", "show", "s"}) == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: what another session binds is told") {
  serve();
  CHECK(muster({"session", "create", "--id", "old"}) == 0);
  CHECK(muster({"session", "create", "--id", "new"}) == 0);
  CHECK(muster({"put", "/a", "1", "--session", "old"}) == 0);
  CHECK(muster({"put", "/a", "1", "--session", "old"}) == 0);
  CHECK(muster({"put", "/a", "1", "--session", "new"}) == 4);
  CHECK(has(err, "another value"));
  CHECK(muster({"put", "/a", "2", "--session", "new"}) == 0);
}

TEST_CASE_METHOD(cli_fixture, "cli: a session that has ended is not found") {
  serve();
  for (auto verb : {"renew", "end", "show"}) {
    CHECK(muster({"session", verb, "gone"}) == 3);
    CHECK(has(err, "there is no session gone"));
  }
  CHECK(muster({"put", "/a", "1", "--session", "gone"}) == 3);
  CHECK(muster({"get", "/a"}) == 3);
}

TEST_CASE_METHOD(cli_fixture, "cli: an id of a session is taken once") {
  serve();
  CHECK(muster({"session", "create", "--id", "mine"}) == 0);
  CHECK(muster({"session", "create", "--id", "mine"}) == 4);
  CHECK(has(err, "there is a session mine already"));
}

TEST_CASE_METHOD(cli_fixture, "cli: a bound record is written on conditions") {
  serve();
  CHECK(muster({"session", "create", "--id", "s"}) == 0);
  CHECK(muster({"put", "/a", "1", "--session", "s", "--if-absent"}) == 0);
  CHECK(muster({"put", "/a", "2", "--session", "s", "--if-absent"}) == 4);
}

TEST_CASE_METHOD(cli_fixture, "cli: what another has written stays") {
  serve();
  CHECK(muster({"session", "create", "--id", "s"}) == 0);
  CHECK(muster({"put", "/a", "1", "--session", "s"}) == 0);
  CHECK(muster({"put", "/a", "theirs"}) == 0);
  CHECK(muster({"session", "end", "s"}) == 0);
  CHECK(muster({"get", "/a"}) == 0);
  CHECK(out == "theirs");
}

TEST_CASE_METHOD(cli_fixture, "cli: a time to live that is none is usage") {
  serve();
  CHECK(muster({"session", "create", "--ttl", "soon"}) == 2);
  CHECK(muster({"session", "create", "--ttl", "10ms"}) == 2);
  CHECK(muster({"session", "create", "--id", "a/b"}) == 2);
}
