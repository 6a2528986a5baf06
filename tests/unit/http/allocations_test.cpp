// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/http_fixture.hpp"
#include "tests/unit/http/raw_client.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using muster::testing::raw_client;

namespace {

struct fixture : muster::testing::http_fixture {
  fixture() {
    node.plant("/machines/m1", R"({"cores":4})");
    node.plant("/machines/m1/alive", "");
    node.plant("/machines/m1/free/cores", "4000");
    start();
  }

  std::string ask(const std::string& line, const std::string& body = "",
                  const std::string& token = "secret") {
    raw_client client{port()};
    return client.exchange(line
                           + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                           + token + "\r\nContent-Length: "
                           + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int code(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

} // namespace

TEST_CASE_METHOD(fixture, "allocations: one is made, shown, listed, released") {
  CHECK(has(ask("GET /v1/allocations"), "\r\n\r\n[]"));
  auto made = ask("POST /v1/allocations",
                  R"({"id":"mine","cores_permille":1500})");
  CHECK(code(made) == 200);
  auto shown = std::string{R"({"id":"mine","machine":"m1","device":"",)"
                           R"("by":"m1","parts":[{"machine":"m1",)"
                           R"("cores_permille":1500}],)"
                           R"("request":{"cores_permille":1500})"};
  CHECK(has(made, shown + R"(,"found":false,"attempts":1,"not_started":0})"));
  CHECK(has(ask("GET /v1/allocations/mine"), shown + "}"));
  CHECK(has(ask("GET /v1/allocations"), "[" + shown + "}]"));
  CHECK(code(ask("DELETE /v1/allocations/mine")) == 200);
  CHECK(code(ask("DELETE /v1/allocations/mine")) == 404);
  CHECK(code(ask("GET /v1/allocations/mine")) == 404);
}

TEST_CASE_METHOD(fixture, "allocations: a refusal has its explanation") {
  auto answer = ask("POST /v1/allocations", R"({"cores_permille":5000})");
  CHECK(code(answer) == 412);
  CHECK(has(answer, R"("code":"refused","message":"0 of 1 candidates)"));
  CHECK(has(answer, R"({"criterion":"cores","alone":1,"in_order":1})"));
  CHECK(has(answer, R"("lacks":[{"criterion":"cores","has":4000,)"));
}

TEST_CASE_METHOD(fixture, "allocations: explained without reserving") {
  auto answer = ask("POST /v1/allocations/explain?dry_run",
                    R"({"cores_permille":1500})");
  CHECK(code(answer) == 200);
  CHECK(has(answer, R"("best":[{"machine":"m1","device":"",)"));
  CHECK(node.get("/machines/m1/free/cores", {})->value == "4000");
}

TEST_CASE_METHOD(fixture, "allocations: what is wrong is said") {
  auto wrong = [&](const std::string& body) {
    auto answer = ask("POST /v1/allocations", body);
    CHECK(code(answer) == 400);
    return answer;
  };
  wrong("");
  wrong("[]");
  CHECK(has(wrong(R"({"id":1,"cores_permille":1})"), "id: a string"));
  CHECK(has(wrong(R"({"id":"a/b","cores_permille":1})"), "id: 1 to"));
  CHECK(has(wrong(R"({"cores":1})"), "cores: there is no such member"));
  CHECK(has(wrong("{}"), "nothing is asked for"));
  CHECK(code(ask("POST /v1/allocations", R"({"cores_permille":1})", "bad"))
        == 401);
  CHECK(code(ask("DELETE /v1/allocations")) == 404);
  CHECK(code(ask("GET /v1/allocations/a/b")) == 404);
}

TEST_CASE_METHOD(fixture, "allocations: the topology") {
  CHECK(has(ask("GET /v1/topology"),
            R"({"places":[{"name":"m1","kind":"machine","started":true}],)"
            R"("links":[]})"));
}
