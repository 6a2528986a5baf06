// SPDX-License-Identifier: Apache-2.0
#include "registry/policy.hpp"
#include "tests/unit/http/http_fixture.hpp"
#include "tests/unit/http/raw_client.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using muster::testing::raw_client;

namespace {

struct fixture : muster::testing::http_fixture {
  std::string ask(const std::string& line, const std::string& body = "") {
    raw_client client{port()};
    return client.exchange(
      line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
      + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  std::string add(const std::string& name, const std::string& query = "") {
    return ask("PUT /v1/agents/" + name + query,
               R"({"prefix":"/billing/","enlist":["m1","m9"],)"
               R"("reason":"audit"})");
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int code(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

} // namespace

TEST_CASE_METHOD(fixture, "agents: one is added, shown, listed, removed") {
  start();
  CHECK(has(ask("GET /v1/agents"), "\r\n\r\n[]"));
  auto added = add("watch");
  CHECK(code(added) == 200);
  // The fake machine's story has an acknowledgement of m4 only.
  CHECK(has(added, R"({"name":"watch","version":1,"command":"m1.7.1",)"
                   R"("unaware":["m1"]})"));
  auto shown = R"({"name":"watch","prefix":"/billing","enlist":["m1","m9"],)"
               R"("reason":"audit","version":1,"absent":["m9"]})";
  CHECK(has(ask("GET /v1/agents/watch"), shown));
  CHECK(has(ask("GET /v1/agents"), std::string{"["} + shown + "]"));
  CHECK(code(ask("DELETE /v1/agents/watch")) == 200);
  CHECK(code(ask("DELETE /v1/agents/watch")) == 404);
  CHECK(code(ask("GET /v1/agents/watch")) == 404);
}

TEST_CASE_METHOD(fixture, "agents: a name that is taken needs `replace`") {
  start();
  CHECK(code(add("watch")) == 200);
  auto refused = add("watch");
  CHECK(code(refused) == 412);
  CHECK(has(refused, "there is a policy watch already"));
  CHECK(code(add("watch", "?replace")) == 200);
}

TEST_CASE_METHOD(fixture, "agents: what is wrong is said") {
  start();
  auto wrong = [&](const std::string& body) {
    auto answer = ask("PUT /v1/agents/a", body);
    CHECK(code(answer) == 400);
    return answer;
  };
  CHECK(has(wrong("[]"), "not an object"));
  CHECK(has(wrong(R"({"prefix":"/a","enlist":["m1"],"reason":1})"),
            "`reason` must be a string"));
  CHECK(has(wrong(R"({"prefix":"/a","enlist":"m1","reason":"r"})"),
            "array of machines"));
  CHECK(has(wrong(R"({"prefix":"/a","enlist":[],"reason":"r"})"),
            "at least one machine"));
  CHECK(has(wrong(R"({"prefix":"/a","enlist":["m1"],"reason":"r","x":1})"),
            "unknown member `x`"));
  CHECK(has(wrong(R"({"prefix":"/muster/x","enlist":["m1"],"reason":"r"})"),
            "no policy covers /muster"));
}

TEST_CASE_METHOD(fixture, "agents: no more than there may be") {
  for (size_t i = 0; i < policies_max; ++i)
    node.plant(policy_key("p" + std::to_string(i)),
               "prefix=/a\nenlist=m1\nreason=r\n");
  start();
  CHECK(code(add("one-more")) == 503);
  CHECK(code(add("p7", "?replace")) == 200);
}

TEST_CASE_METHOD(fixture, "agents: a record that is no policy is said to be") {
  node.plant(policy_key("bad"), "garbage");
  start();
  CHECK(has(ask("GET /v1/agents"), R"("ignored":"policy bad: a line)"));
}
