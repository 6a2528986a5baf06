// SPDX-License-Identifier: Apache-2.0
#include "cli/allocation_text.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using muster::cli::json;
using muster::testing::cli_fixture;
using muster::testing::has;

namespace {

struct fixture : cli_fixture {
  fixture() {
    node.plant("/machines/m1", R"({"cores":4,"memory_bytes":1000000})");
    node.plant("/machines/m1/alive", "");
    node.plant("/machines/m1/devices/d",
               R"({"kind":"nvme","capacity_bytes":1073741824,)"
               R"("latency_ns":80000})");
    node.plant("/machines/m1/free/devices/d", "1073741824");
    node.plant("/machines/m1/free/cores", "4000");
    node.plant("/machines/far", R"({"cores":4})");
    node.plant("/topology/links/m1~s1", "");
    serve();
  }

  std::string left() {
    auto x = node.get("/machines/m1/free/devices/d", {});
    return x ? x->value : "";
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "cli: an allocation is made, shown and released") {
  CHECK(muster({"alloc", "create", "--capacity", "64MiB", "--latency", "5ms",
                "--hops", "2", "--from", "m1", "--id", "mine"})
        == 0);
  CHECK(has(out, "mine        m1       d       64 MiB    -"));
  CHECK(has(err, "1 machines are not started"));
  CHECK(left() == "1006632960");
  CHECK(muster({"alloc", "create", "--capacity", "64MiB", "--latency", "5ms",
                "--hops", "2", "--from", "m1", "--id", "mine", "-o", "json"})
        == 0);
  CHECK(has(out, R"({"id":"mine","machine":"m1","device":"d",)"));
  CHECK(has(out, R"("found":true)"));
  CHECK(left() == "1006632960");
  CHECK(muster({"alloc", "list"}) == 0);
  CHECK(has(out, "mine"));
  CHECK(muster({"alloc", "show", "mine"}) == 0);
  CHECK(muster({"alloc", "release", "mine"}) == 0);
  CHECK(out == "mine is released\n");
  CHECK(left() == "1073741824");
  CHECK(muster({"alloc", "release", "mine"}) == 3);
  CHECK(muster({"alloc", "show", "mine"}) == 3);
  CHECK(has(err, "muster alloc list"));
}

TEST_CASE_METHOD(fixture, "cli: a refusal explains itself") {
  std::vector<std::string> ask{"alloc", "create",    "--capacity",
                               "64MiB", "--latency", "1us"};
  CHECK(muster(ask) == 4);
  CHECK(has(err, "latency    1               1"));
  CHECK(has(err, "latency: 80 us, wanted 1 us"));
  ask.insert(ask.end(), {"-o", "json"});
  CHECK(muster(ask) == 4);
  CHECK(has(out, R"({"criterion":"latency","alone":1,"in_order":1})"));
  ask[1] = "explain";
  CHECK(muster(ask) == 0);
  CHECK(has(out, R"("reason":"0 of 1 candidates)"));
  CHECK(left() == "1073741824");
}

TEST_CASE_METHOD(fixture, "cli: a dry run tells candidates, reserves nothing") {
  CHECK(muster({"alloc", "create", "--cores", "2.5", "--dry-run"}) == 0);
  CHECK(has(out, "2 of 2 candidates satisfy the request"));
  CHECK(has(out, "CANDIDATE  DEVICE  SCORE"));
  CHECK(has(out, "far"));
  CHECK(node.get("/machines/m1/free/cores", {})->value == "4000");
  CHECK(muster({"alloc", "create", "--cores", "5", "--dry-run"}) == 4);
}

TEST_CASE_METHOD(fixture, "cli: an id belongs to one request") {
  CHECK(muster({"alloc", "create", "--cores", "1", "--id", "mine"}) == 0);
  CHECK(muster({"alloc", "create", "--cores", "2", "--id", "mine"}) == 1);
  CHECK(has(err, "of another request"));
}

TEST_CASE_METHOD(fixture, "cli: a wrong request names what is wrong") {
  CHECK(muster({"alloc", "create", "--capacity", "64MB/s"}) == 2);
  CHECK(has(err, "--capacity: '64MB/s' has no unit of these"));
  CHECK(muster({"alloc", "create"}) == 2);
  CHECK(has(err, "nothing is asked for"));
  CHECK(muster({"alloc", "create", "--cores", "1", "--hops", "2"}) == 2);
  CHECK(has(err, "from: name the machine or switch"));
  CHECK(muster({"alloc", "create", "--cores", "1", "--hops", "2", "--from",
                "nowhere"})
        == 3);
}

TEST_CASE_METHOD(fixture, "cli: the topology as a table and for Graphviz") {
  CHECK(muster({"topology", "show"}) == 0);
  CHECK(has(out, "m1     machine  yes      s1"));
  CHECK(has(out, "far    machine  no       -"));
  CHECK(muster({"topology", "show", "--dot"}) == 0);
  CHECK(has(out, "graph topology {\n"));
  CHECK(has(out, "  \"m1\" -- \"s1\";\n"));
  CHECK(muster({"topology", "show", "-o", "json"}) == 0);
  CHECK(has(out, R"("links":[["m1","s1"]])"));
}

TEST_CASE("allocation text: what is not known is said in words") {
  auto x = json::parse(
    R"({"candidates":2,"satisfying":0,"excluded":[],"best":[],"nearest":[)"
    R"({"machine":"m1","device":"","lacks":[)"
    R"({"criterion":"load","has":null,"wanted":500},)"
    R"({"criterion":"reachable","has":null,"wanted":2},)"
    R"({"criterion":"hops","has":3,"wanted":2},{"criterion":"kind"}]}]})");
  CHECK(has(muster::cli::explanation_text(x),
            "load: unknown, wanted 50 %; no path; "
            "hops: 3 hops, wanted 2 hops; kind\n"));
}

TEST_CASE("allocation text: answers that are none do no harm") {
  for (auto text : {"null", "[]", "{}", R"({"links":[1,[1],[1,2]]})",
                    R"({"places":[null,{"name":1}],"nearest":{}})"}) {
    auto x = json::parse(text);
    CHECK_FALSE(muster::cli::topology_text(x).empty());
    CHECK_FALSE(muster::cli::topology_dot(x).empty());
    if (x.is_object())
      CHECK_FALSE(muster::cli::explanation_text(x).empty());
  }
}
