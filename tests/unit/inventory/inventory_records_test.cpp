// SPDX-License-Identifier: Apache-2.0
#include "runtime/inventory/inventory_records.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

const machine_id m1{"m1"};

uint64_t value_of(const inventory& x, quantity q) {
  auto& rows = x.devices();
  REQUIRE(rows.table.count() == 1);
  return rows.table.exact(0)[q];
}

std::string complaint(inventory& x, std::string_view key,
                      std::string_view value) {
  auto done = apply_record(x, key, value);
  return done ? "" : done.failure().message;
}

/// One machine with one device.
void fill(inventory& x) {
  REQUIRE(apply_record(x, "/machines/m1",
                       R"({"cores": 2.5, "memory_bytes": 1024, "gpus": 2,
                           "nic_bits_per_second": 1000, "rack": "r1",
                           "site": "lille", "labels": {"zone": "a"}})"));
  REQUIRE(apply_record(x, "/machines/m1/devices/d",
                       R"({"kind": "nvme", "capacity_bytes": 500,
                           "latency_ns": 80000, "more": [],
                           "bandwidth_bits_per_second": 7})"));
}

} // namespace

TEST_CASE("records: a device has its own quantities and its machine's") {
  inventory x;
  fill(x);
  CHECK(value_of(x, quantity::cores) == 2500);
  CHECK(value_of(x, quantity::memory) == 1024);
  CHECK(value_of(x, quantity::gpus) == 2);
  CHECK(value_of(x, quantity::capacity) == 500);
  CHECK(value_of(x, quantity::latency) == 80000);
  CHECK(value_of(x, quantity::bandwidth) == 7);
  CHECK(value_of(x, quantity::load) == unmeasured);
  CHECK(test_bit(x.rows_labelled(true, "site=lille"), 0));
  CHECK(test_bit(x.rows_labelled(true, "zone=a"), 0));
  CHECK(test_bit(x.rows_of_kind("nvme"), 0));
}

TEST_CASE("records: a machine that runs has what its counters say") {
  inventory x;
  fill(x);
  CHECK(apply_record(x, "/machines/m1/alive", ""));
  CHECK(value_of(x, quantity::capacity) == 0);
  CHECK(apply_record(x, "/machines/m1/free/devices/d", "300"));
  CHECK(apply_record(x, "/machines/m1/free/cores", "1500"));
  CHECK(apply_record(x, "/machines/m1/free/gpus/1", "250"));
  CHECK(apply_record(x, "/machines/m1/load", R"({"load_permille": 17})"));
  CHECK(value_of(x, quantity::capacity) == 300);
  CHECK(value_of(x, quantity::cores) == 1500);
  CHECK(value_of(x, quantity::gpus) == 0);
  CHECK(value_of(x, quantity::gpu_share) == 250);
  CHECK(value_of(x, quantity::load) == 17);
}

TEST_CASE("records: what is gone is nothing any more") {
  inventory x;
  fill(x);
  CHECK(apply_record(x, "/topology/links/m1~s1", "{}"));
  CHECK(apply_record(x, "/machines/m1/alive", ""));
  for (auto key : {"/machines/m1/alive", "/topology/links/m1~s1"})
    CHECK(apply_record(x, key, std::nullopt));
  CHECK(x.links().link_count() == 0);
  CHECK(value_of(x, quantity::capacity) == 500);
  CHECK(apply_record(x, "/machines/m1/devices/d", std::nullopt));
  CHECK(x.devices().table.count() == 0);
  CHECK(apply_record(x, "/machines/m1", std::nullopt));
  CHECK(x.find(m1) == nullptr);
}

TEST_CASE("records: a complaint names the key and the member") {
  inventory x;
  CHECK(complaint(x, "/machines/m1", "[1]")
        == "/machines/m1: not a JSON object");
  CHECK(complaint(x, "/machines/m1", R"({"cores": -1})")
        == "/machines/m1: cores: a whole number from 0 to 576460752303423");
  CHECK(complaint(x, "/machines/m1", R"({"cores": -0.5})")
        == "/machines/m1: cores: a number from 0 to 576460752303423");
  CHECK(complaint(x, "/machines/m1", R"({"gpus": 17})")
        == "/machines/m1: gpus: a whole number from 0 to 16");
  CHECK(complaint(x, "/machines/m1", R"({"rack": 7})")
        == "/machines/m1: rack: a string");
  CHECK(complaint(x, "/machines/m1", R"({"labels": {"a": 1}})")
        == "/machines/m1: labels: a is no string");
  CHECK(complaint(x, "/machines/m1/free/cores", "12x")
        == "/machines/m1/free/cores: not a counter, which is a whole number");
  CHECK(complaint(x, "/topology/links/a~a", "")
        == "/topology/links/a~a: a link from a to itself");
}

TEST_CASE("records: one that became unusable takes back what it said") {
  inventory x;
  fill(x);
  CHECK_FALSE(
    apply_record(x, "/machines/m1/devices/d", R"({"capacity_bytes": "much"})"));
  CHECK(x.devices().table.count() == 0);
  fill(x);
  CHECK_FALSE(apply_record(x, "/machines/m1", "{"));
  CHECK(x.machines().table.count() == 0);
}

TEST_CASE("records: other keys are ignored") {
  inventory x;
  CHECK(apply_record(x, "/machines", "{"));
  CHECK(apply_record(x, "/machines/m1/allocations/a", "{"));
  CHECK(apply_record(x, "/machines/m1/devices/d/more", "{"));
  CHECK(apply_record(x, "/topology/links/a", "{"));
  CHECK(x.find(m1) == nullptr);
}
