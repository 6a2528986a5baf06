// SPDX-License-Identifier: Apache-2.0
#include "cli/load_line.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::cli::parse_line;
using muster::testing::cli_fixture;
using muster::testing::has;

TEST_CASE("load_line: strings are bytes, anything else is compact JSON") {
  CHECK(parse_line(R"({"key":"/a","value":"x y"})")->value == "x y");
  CHECK(parse_line(R"({"value": {"b": 1, "a": [ ]}, "key": "/a"})")->value
        == R"({"b":1,"a":[]})");
  CHECK(parse_line(R"({"key":"/a","value":null})")->value == "null");
  CHECK(parse_line(R"({"key":"/a","value_base64":"/wA="})")->value
        == std::string("\xFF\0", 2));
}

TEST_CASE("load_line: a value keeps the digits that the line has") {
  auto value = [](const std::string& text) {
    auto parsed = parse_line(R"({"key": "/a", "value": )" + text + " }");
    return parsed ? parsed->value : "error: " + parsed.failure().message;
  };
  for (auto text : {"1.0", "1e3", "1E+3", "-0", "-0.0", "18446744073709551616",
                    "123456789012345678901234567890", "0.10000000000000000555",
                    "true", R"({"a":[1.0,{"b":"x y \" ]"}],"c":"\u0041"})"})
    CHECK(value(text) == text);
  CHECK(value("[ 1.50 ,\t{ \"a\" : 1e3 } ]") == R"([1.50,{"a":1e3}])");
  CHECK(value(R"("\u0041 \n")") == "A \n");
}

TEST_CASE("load_line: members in any order, escaped, after a mark") {
  CHECK(parse_line(R"( {"value":2 , "\u006bey" : "/a"} )")->value == "2");
  CHECK(parse_line("\xEF\xBB\xBF"
                   R"({"key":"/a","value":2})")
          ->value
        == "2");
}

TEST_CASE("load_line: a line says what it breaks") {
  auto complaint = [](const std::string& text) {
    auto parsed = parse_line(text);
    return parsed ? "" : parsed.failure().message;
  };
  CHECK(complaint("{\"key\":\"/a\",\"value\":\"\xFF\"}")
        == "it is not valid UTF-8 at byte 21");
  CHECK(complaint(R"({"key":"/a","value":{"b":1,"b":2}})")
        == "an object has `b` twice");
  CHECK(complaint(R"({"key":"/a","key":"/b","value":1})")
        == "an object has `key` twice");
  CHECK(complaint(R"({"key":"/a","value":1e999})") == "a number is too large");
  CHECK(complaint(R"({"key":"/a","value":)" + std::string(70, '[')
                  + std::string(70, ']') + "}")
        == "the JSON is nested more than 64 deep");
  CHECK(complaint(R"({"key":"/a","value":1)") == "that is not JSON");
  CHECK(complaint(R"({"key":"/a","value":[{"b":1},{"b":2}]})").empty());
}

TEST_CASE("load_line: what is wrong with a line") {
  for (auto text :
       {"", "{", "[]", R"({"key":"/a"})", R"({"key":1,"value":2})",
        R"({"key":"/a","value":1,"extra":2})", R"({"key":"a","value":1})",
        R"({"key":"/a","value_base64":"?"})", R"({"key":"/a","val":1})",
        "{\"key\":\"/a\",\"value\":\"\xFF\"}"})
    CHECK_FALSE(parse_line(text));
  auto large = R"({"key":"/a","value":")" + std::string(1024 * 1024 + 1, 'v')
               + "\"}";
  CHECK_FALSE(parse_line(large));
}

TEST_CASE_METHOD(cli_fixture, "load: every line becomes a record, once") {
  serve();
  std::string lines;
  for (int i = 0; i < 300; ++i)
    lines += R"({"key":"/m/)" + std::to_string(i) + R"(","value":{"n":)"
             + std::to_string(i) + "}}\n";
  auto file = folder.write("lines", lines + "\n");
  CHECK(muster({"load", file, "-o", "json"}) == 0);
  CHECK(has(out, R"("lines":301,"applied":300)"));
  CHECK(muster({"get", "/m/299"}) == 0);
  CHECK(out == R"({"n":299})");
  CHECK(node.list("/m", {})->size() == 300);
}

TEST_CASE_METHOD(cli_fixture, "load: the later line of a key stands") {
  serve();
  std::string lines;
  for (int i = 0; i <= 100; ++i)
    lines += R"({"key":"/m/x","value":)" + std::to_string(i) + "}\n";
  CHECK(muster({"load", folder.write("lines", lines)}) == 0);
  CHECK(muster({"get", "/m/x"}) == 0);
  CHECK(out == "100");
}

TEST_CASE_METHOD(cli_fixture, "load: a malformed line stops it by number") {
  serve();
  auto file = folder.write("lines",
                           "{\"key\":\"/a\",\"value\":1}\n"
                           "{\"key\":\"/b\",\"value\":2}\n"
                           "{\"key\":\n"
                           "{\"key\":\"/c\",\"value\":3}\n");
  CHECK(muster({"load", file}) == 2);
  CHECK(has(err, "line 3: that is not JSON; 2 records were applied before"));
  CHECK(has(err, "applied: 2 records\n"));
  CHECK(has(err, "next:    mend the line"));
  CHECK(has(out, "2 records applied"));
  CHECK(node.list("/", {})->size() == 2);
}

TEST_CASE_METHOD(cli_fixture, "load: a NUL does not hide the rest of a line") {
  serve();
  auto file = folder.write(
    "lines", std::string("{\"key\":\"/a\",\"value\":1}\0{}\n", 26));
  CHECK(muster({"load", file}) == 2);
  CHECK(has(err, "line 1: it has a NUL"));
  CHECK(node.list("/", {})->empty());
}

TEST_CASE_METHOD(cli_fixture, "load: a refusal names its line and key") {
  serve();
  folder.write("m1/data/token", "wrong\n");
  auto file = folder.write("lines", "{\"key\":\"/a\",\"value\":1}\n");
  CHECK(muster({"load", file}) == 7);
  CHECK(has(err, "line 1, /a"));
  CHECK(has(err, "applied: no"));
}

TEST_CASE_METHOD(cli_fixture, "load: a file that is not there") {
  serve();
  CHECK(muster({"load", (folder.path / "none").string()}) == 2);
  CHECK(muster({"load", folder.path.string()}) == 2);
}
