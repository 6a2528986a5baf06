// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/requester.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::nemesis;
using sim::answer;

namespace {

/// What becomes of a write or read that was answered like this.
sim::operation answered(sim::operation_kind kind, long status,
                        const std::string& body) {
  sim::operation x;
  x.kind = kind;
  take_answer(x, cli::reply{status, body});
  return x;
}

sim::operation write_answered(long status, const std::string& body) {
  return answered(sim::operation_kind::write, status, body);
}

sim::operation read_answered(long status, const std::string& body) {
  return answered(sim::operation_kind::read, status, body);
}

answer write_failed(errc code) {
  sim::operation x;
  x.kind = sim::operation_kind::write;
  take_answer(x, error{code, ""});
  return x.outcome;
}

} // namespace

TEST_CASE("requester: a committed write has its version") {
  auto x = write_answered(200, R"({"outcome":"committed","version":7})");
  CHECK(x.outcome == answer::ok);
  CHECK(x.version == 7);
}

TEST_CASE("requester: a write that failed is told from an unknown one") {
  auto no = R"({"error":{"code":"x","applied":"no"}})";
  auto unknown = R"({"error":{"code":"x","applied":"unknown"}})";
  CHECK(write_answered(412, no).outcome == answer::refused);
  CHECK(write_answered(503, no).outcome == answer::failed);
  CHECK(write_answered(504, unknown).outcome == answer::unknown);
  CHECK(write_answered(500, "not JSON").outcome == answer::unknown);
  CHECK(write_answered(200, "{}").outcome == answer::unknown);
  CHECK(write_failed(errc::unavailable) == answer::failed);
  CHECK(write_failed(errc::unknown) == answer::unknown);
  CHECK(write_failed(errc::timed_out) == answer::unknown);
}

TEST_CASE("requester: a read finds a record, nothing, or no answer") {
  auto found
    = read_answered(200, R"({"value":"v","version":3,"served_from":"copy"})");
  CHECK(found.outcome == answer::ok);
  CHECK(found.seen == "v");
  CHECK(found.version == 3);
  CHECK(found.served_from == "copy");
  auto absent = read_answered(
    404, R"({"version":0,"served_from":"primary","error":{"applied":"no"}})");
  CHECK(absent.outcome == answer::ok);
  CHECK_FALSE(absent.seen);
  CHECK(absent.version == 0);
  CHECK(read_answered(404, "{}").outcome == answer::failed);
  CHECK(read_answered(503, R"({"error":{"applied":"no"}})").outcome
        == answer::failed);
}

TEST_CASE("requester: guards go where the interface has them") {
  sim::operation x;
  x.key = "/a/b";
  x.kind = sim::operation_kind::cas;
  x.written = "new";
  x.demanded = {sim::guard::kind::version, 5, "old"};
  CHECK(call_of(x).target == "/v1/records/a/b?timeout=1500ms&if_version=5");
  x.demanded = {sim::guard::kind::absent, 0, ""};
  CHECK(call_of(x).target == "/v1/records/a/b?timeout=1500ms&if_absent");
  x.demanded = {sim::guard::kind::value, 5, "old"};
  CHECK(call_of(x).method == "POST");
  CHECK(call_of(x).body
        == R"({"guards":[{"key":"/a/b","value":"old"}],)"
           R"("operations":[{"put":{"key":"/a/b","value":"new"}}]})");
}
