// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::testing::cli_fixture;
using muster::testing::has;

namespace {

struct txn_fixture : cli_fixture {
  std::string file(const std::string& text) {
    folder.write("txn.json", text);
    return folder.path / "txn.json";
  }
};

} // namespace

TEST_CASE_METHOD(txn_fixture, "cli: txn changes several records") {
  serve();
  auto name = file(R"({"guards": [{"key": "/a", "absent": true}],
    "operations": [{"put": {"key": "/a", "value": "1"}},
                   {"add": {"key": "/b", "delta": 2}}]})");
  CHECK(muster({"txn", name, "-o", "json"}) == 0);
  CHECK(out
        == R"({"outcome":"committed","command":"m1.7.1","version":1,)"
           R"("counters":[2]})"
           "\n");
  CHECK(muster({"get", "/b"}) == 0);
  CHECK(out == "2");
  CHECK(muster({"txn", name}) == 4);
  CHECK(has(out, "refused  command"));
  CHECK(has(err, "expected absent"));
}

TEST_CASE_METHOD(txn_fixture, "cli: txn tells when the others were done") {
  serve();
  auto name = file(R"({"guards": [{"key": "/a", "version": 7}],
    "operations": [{"delete": {"key": "/a"}}],
    "else": [{"put": {"key": "/a", "value": "else"}}]})");
  CHECK(muster({"txn", name}) == 0);
  CHECK(has(out, "committed (else)  command m1.7.1"));
  CHECK(muster({"txn", name, "-o", "json"}) == 0);
  CHECK(has(out, R"("else":true)"));
  CHECK(muster({"get", "/a"}) == 0);
  CHECK(out == "else");
}

TEST_CASE_METHOD(txn_fixture, "cli: a wrong file is told before anything") {
  CHECK(muster({"txn", file(R"({"operation": []})")}) == 2);
  CHECK(has(err, "unknown member `operation`"));
  CHECK(muster({"txn", file("{")}) == 2);
  CHECK(muster({"txn", folder.path / "none"}) == 2);
  CHECK(has(err, "cannot be read"));
  CHECK(muster({"txn", folder.path.string()}) == 2);
  CHECK(has(err, "cannot be read"));
}

TEST_CASE_METHOD(txn_fixture, "cli: an empty id is none") {
  auto name = file(R"({"operations": [{"delete": {"key": "/a"}}]})");
  CHECK(muster({"txn", name, "--id", ""}) == 2);
  CHECK(has(err, "at least one character"));
}

TEST_CASE_METHOD(txn_fixture, "cli: an unknown txn names the way on") {
  node.answer_as = muster::outcome::unknown;
  serve();
  auto name = file(R"({"operations": [{"put": {"key": "/a", "value": 1}}]})");
  CHECK(muster({"txn", name, "--id", "job-7"}) == 6);
  CHECK(has(err, "--id job-7"));
}
