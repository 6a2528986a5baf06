// SPDX-License-Identifier: Apache-2.0
#include "allocator/topology.hpp"
#include "runtime/placement/allocation_record.hpp"
#include "runtime/placement/request_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace muster;

namespace {

std::string complaint(const std::string& text) {
  auto x = parse_qos(placement_json::parse(text));
  return x ? "" : x.failure().message;
}

bool begins(const std::string& text, const std::string& with) {
  return text.compare(0, with.size(), with) == 0;
}

allocation sample() {
  allocation out;
  out.id = "a";
  out.claimed = true;
  out.by = machine_id{"m3"};
  out.parts = {{{machine_id{"m2"}, "d0", {1, 3}}, 7, 500, 9, 250},
               {{machine_id{"m1"}, "", {}}, 0, 500, 0, 0}};
  out.machines = machines_of(out.parts);
  out.wanted = {.cores_permille = 500, .duration = nanoseconds{5}};
  return out;
}

} // namespace

TEST_CASE("request: everything that is given comes back") {
  auto text = R"({"capacity_bytes":1,"latency_ns":2,)"
              R"("bandwidth_bits_per_second":3,"hops":0,"from":"m1",)"
              R"("load_permille":0,"cores_permille":2500,"memory_bytes":6,)"
              R"("gpus":1,"gpu_share_permille":250,"device_kind":"nvme",)"
              R"("labels":["a=b"],"replicas":2,"spread":"rack",)"
              R"("objective":"spread","duration_ns":7})";
  auto x = parse_qos(placement_json::parse(text));
  REQUIRE(x);
  CHECK(x->hops == 0u);
  CHECK(x->load_permille == 0u);
  CHECK(x->spread == spread_over::rack);
  CHECK(x->duration == nanoseconds{7});
  CHECK(json_of(*x).dump() == text);
}

TEST_CASE("request: what is left out stays open") {
  auto x = parse_qos(placement_json::parse("{}"));
  REQUIRE(x);
  CHECK_FALSE(x->capacity_bytes);
  CHECK(x->replicas == 1);
  CHECK(json_of(*x).dump() == "{}");
}

TEST_CASE("request: a complaint names the member") {
  CHECK(begins(complaint(R"({"capacity_bytes":-1})"), "capacity_bytes: "));
  CHECK(begins(complaint(R"({"hops":4294967296})"), "hops: "));
  CHECK(begins(complaint(R"({"latency_ns":"5ms"})"), "latency_ns: "));
  CHECK(begins(complaint(R"({"labels":"a=b"})"), "labels: "));
  CHECK(begins(complaint(R"({"labels":[1]})"), "labels: "));
  CHECK(begins(complaint(R"({"spread":"row"})"), "spread: one of"));
  CHECK(begins(complaint(R"({"objective":1})"), "objective: "));
  CHECK(begins(complaint(R"({"capacity":1})"), "capacity: there is no"));
  CHECK(begins(complaint("[]"), "the request is not"));
}

TEST_CASE("explanation: what nobody knows is null") {
  explanation x;
  x.candidates = 2;
  x.nearest = {{machine_id{"m1"},
                "d",
                {{criterion::latency, unmeasured, 5},
                 {criterion::hops, unreachable, 2},
                 {criterion::kind, 0, 0}}}};
  CHECK(json_of(x)["nearest"][0]["lacks"].dump()
        == R"([{"criterion":"latency","has":null,"wanted":5},)"
           R"({"criterion":"hops","has":null,"wanted":2},)"
           R"({"criterion":"kind"}])");
}

TEST_CASE("explanation: a refusal names the criterion that excludes most") {
  explanation x;
  CHECK(begins(refusal_text(x), "no candidates"));
  x.candidates = 9;
  x.excluded = {{criterion::capacity, 3, 3}, {criterion::latency, 8, 6}};
  x.nearest = {{machine_id{"m1"}, "d", {{criterion::latency, 80, 5}}}};
  CHECK(refusal_text(x)
        == "0 of 9 candidates satisfy the request; latency excludes 6; the "
           "nearest is m1/d (latency 80, wanted 5)");
  x.nearest[0].lacks = {{criterion::reachable, unreachable, 5},
                        {criterion::kind, 0, 0}};
  CHECK(refusal_text(x).find("(no path; kind)") != std::string::npos);
}

TEST_CASE("allocation record: what is written is read") {
  auto x = sample();
  auto y = parse_allocation("a", text_of(x));
  REQUIRE(y);
  CHECK(y->parts == x.parts);
  CHECK(y->machines
        == std::vector<machine_id>{machine_id{"m1"}, machine_id{"m2"}});
  CHECK(y->claimed);
  CHECK(y->by == x.by);
  CHECK(y->wanted.duration == nanoseconds{5});
  CHECK(text_of(*y) == text_of(x));
}

TEST_CASE("allocation record: what is none is said to be") {
  for (auto text :
       {"", "1", "{}", R"({"by":"m1","claimed":1,"machines":[],"parts":[]})",
        R"({"by":"m1","claimed":true,"machines":["m1"],"parts":[],)"
        R"("request":{}})",
        R"({"by":"m1","claimed":true,"machines":["m1"],"parts":[1],)"
        R"("request":{}})",
        R"({"by":"m1","claimed":true,"machines":["m1"],)"
        R"("parts":[{"machine":"m1"}],"request":{"x":1}})",
        R"({"by":"m1","claimed":true,"machines":["m1"],)"
        R"("parts":[{"machine":"m1","capacity_bytes":-1}],"request":{}})",
        R"({"by":"m1","claimed":true,"machines":["m1"],)"
        R"("parts":[{"machine":"m1","gpus":[16]}],"request":{}})"}) {
    auto x = parse_allocation("a", text);
    CAPTURE(text);
    REQUIRE_FALSE(x);
    CHECK(x.failure().code == errc::corrupt);
  }
}
