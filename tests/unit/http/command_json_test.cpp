// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/command_json.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::http;

namespace {

std::string complaint(std::string_view text) {
  auto parsed = parse_command(text);
  return parsed ? "" : parsed.failure().message;
}

} // namespace

TEST_CASE("command_json: guards and operations of every kind") {
  auto x = parse_command(R"({
    "guards": [{"key": "/a/b", "version": 7}, {"key": "/a/c", "value": "v"},
               {"key": "/a/d", "absent": true}],
    "operations": [{"put": {"key": "/a/b", "value": "text"}},
                   {"put": {"key": "/a/c", "value": {"n": [1, 2]}}},
                   {"put": {"key": "/a/e", "value_base64": "/wA="}},
                   {"delete": {"key": "/a/d"}},
                   {"add": {"key": "/a/n", "delta": -3, "floor": 0}}]})");
  REQUIRE(x);
  REQUIRE(x->guards.size() == 3);
  CHECK(x->guards[0].kind == guard_kind::version);
  CHECK(x->guards[0].version == sequence{7});
  CHECK(x->guards[1].value == "v");
  CHECK(x->guards[2].kind == guard_kind::absent);
  REQUIRE(x->operations.size() == 5);
  CHECK(x->operations[0].value == "text");
  CHECK(x->operations[1].value == R"({"n":[1,2]})");
  CHECK(x->operations[2].value == std::string("\xFF\0", 2));
  CHECK(x->operations[3].kind == operation_kind::erase);
  CHECK(x->operations[4].delta == -3);
  CHECK(x->operations[4].floor == 0);
  CHECK(x->operations[4].ceiling == INT64_MAX);
}

TEST_CASE("command_json: a value keeps the digits that were written") {
  for (auto text : {"1.0", "1e3", "1E+3", "-0", "12345678901234567890",
                    "123456789012345678901234567890", "0.10000000000000000555",
                    "null", R"({"a":[1.0,{"b":"x y \" ]"}],"c":"\u0041"})"}) {
    auto member = std::string{R"("key": "/a", "value": )"} + text;
    auto x = parse_command(R"({"guards": [{)" + member
                           + R"( }], "operations": [ {"put": {)" + member
                           + "\n} } ] }");
    REQUIRE(x);
    CHECK(x->guards[0].value == text);
    CHECK(x->operations[0].value == text);
  }
  auto x = parse_command(
    R"({"operations":[{"put":{"key":"/a","value":[ 1.50 ,"\u0041 "] }}]})");
  REQUIRE(x);
  CHECK(x->operations[0].value == R"([1.50,"\u0041 "])");
}

TEST_CASE("command_json: a wrong place is named") {
  CHECK(complaint("{") == "that is not JSON");
  CHECK(complaint(" [] ") == "command: not an object");
  CHECK(complaint(R"({"operations":{}})")
        == "operations: must be an array of at most 256");
  CHECK(complaint(R"({"operations":[{"put":[]}]})")
        == "operations[0].put: not an object");
  CHECK(complaint(R"({"operations":[{}]})")
        == "operations[0]: needs exactly one of `put`, `delete`, `add`");
  CHECK(complaint(R"({"guard":[]})") == "command: unknown member `guard`");
  CHECK(complaint(R"({"operations":[{"put":{"key":"/a"}}]})")
        == "operations[0].put: `value` is missing");
  CHECK(complaint(R"({"operations":[{"delete":{"key":7}}]})")
        == "operations[0].delete: `key` must be a string");
  CHECK(complaint(R"({"guards":[{"key":"/a"}]})")
        == "guards[0]: needs `key` and one of `version`, `value`, `absent`");
  CHECK_FALSE(complaint(R"({"guards":[{"key":"/a","version":-1}]})").empty());
  CHECK_FALSE(complaint(R"({"operations":[{"add":{"key":"/a"}}]})").empty());
  CHECK_FALSE(
    complaint(
      R"({"operations":[{"add":{"key":"/a","delta":9223372036854775808}}]})")
      .empty());
}

TEST_CASE("command_json: a member that is there twice is refused") {
  CHECK(complaint(R"({"guards":[{"key":"/a","version":1}],"guards":[]})")
        == "an object has `guards` twice");
  CHECK(complaint(R"({"guards":[{"key":"/a","key":"/b"}]})")
        == "an object has `key` twice");
}

TEST_CASE("command_json: deep nesting ends in an error, not in the stack") {
  std::string deep = R"({"operations":[{"put":{"key":"/a","value":)";
  CHECK_FALSE(complaint(deep + std::string(1'000'000, '[')).empty());
  CHECK(complaint(deep + R"("[[[[")" + "}}]}").empty());
}
