// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using muster::testing::cli_fixture;
using muster::testing::has;

namespace {

struct inventory_fixture : cli_fixture {
  void serve_machines() {
    serve();
    auto put = [&](const std::string& key, const std::string& value) {
      node.plant(key, value);
    };
    put("/machines/m1", R"({"cores":2.5,"memory_bytes":2147483648,"gpus":1,)"
                        R"("rack":"r1","labels":{"zone":"north"}})");
    put("/machines/m1/alive", "{}");
    put("/machines/m1/free/cores", "1500");
    put("/machines/m1/free/memory", "1073741824");
    put("/machines/m1/free/gpus/0", "300");
    put("/machines/m1/free/devices/data", "524288");
    put("/machines/m1/load", R"({"load_permille":420})");
    put("/machines/m1/devices/data",
        R"({"path":"/srv/data","kind":"ssd","capacity_bytes":1048576,)"
        R"("latency_ns":36000,"read_p99_ns":60000,"write_ns":4000000,)"
        R"("bandwidth_bits_per_second":1500000000})");
    put("/machines/dahu-1", R"({"cores":32,"site":"grenoble"})");
    put("/machines/dahu-1/devices/disk0",
        R"({"kind":"nvme-ssd","capacity_bytes":480000000000})");
    put("/machines/m10/free/cores", "1");
  }
};

} // namespace

TEST_CASE_METHOD(inventory_fixture, "cli: machines, started and only loaded") {
  serve_machines();
  CHECK(muster({"machine", "list"}) == 0);
  CHECK(has(out, "m1       started  2.5    1.5   2 GiB"));
  CHECK(has(out, "42 %  data ssd 1 MiB 36 us"));
  CHECK(has(out, "dahu-1   loaded   32     -"));
  CHECK_FALSE(has(out, "m10"));
  CHECK(muster({"machine", "list", "-o", "json"}) == 0);
  CHECK(has(out, R"("machine":"dahu-1","alive":false)"));
}

TEST_CASE_METHOD(inventory_fixture, "cli: one machine and its devices") {
  serve_machines();
  CHECK(muster({"machine", "show", "m1"}) == 0);
  CHECK(has(out, "labels   zone=north"));
  CHECK(has(out, "/srv/data"));
  CHECK_FALSE(has(out, "dahu"));
  CHECK(muster({"machine", "show", "m1", "-o", "json"}) == 0);
  CHECK(has(out, R"("free_gpus_permille":[300])"));
  CHECK(has(out, R"("write_ns":4000000)"));
  CHECK(has(out, R"("write_p99_ns":null)"));
  CHECK(muster({"machine", "show", "m2"}) == 3);
  CHECK(has(err, "machine m2 has published nothing"));
  CHECK(muster({"machine", "show", "a/b"}) == 3);
}

TEST_CASE_METHOD(inventory_fixture, "cli: devices, of all machines or of one") {
  serve_machines();
  CHECK(muster({"device", "list"}) == 0);
  CHECK(has(out, "dahu-1   disk0   loaded   nvme-ssd"));
  CHECK(has(out, "m1       data    started  ssd"));
  CHECK(has(out, "1.5 Gbit/s"));
  CHECK(muster({"device", "list", "--machine", "m1", "-o", "json"}) == 0);
  CHECK(has(out, R"("device":"data","alive":true,"gone":false)"));
  CHECK(has(out, R"("free_bytes":524288)"));
  CHECK_FALSE(has(out, "disk0"));
  CHECK(muster({"device", "list", "--machine", "m2"}) == 3);
}

TEST_CASE_METHOD(inventory_fixture,
                 "cli: devices that have gone, bad records") {
  serve_machines();
  node.plant("/machines/m1/devices/old",
             R"({"capacity_bytes":0,"gone":true,"kind":"hdd"})");
  node.plant("/machines/m1/devices/odd", R"({"kind":7})");
  node.plant("/machines/m3", "no JSON");
  CHECK(muster({"device", "list"}) == 0);
  CHECK(has(out, "m1       old     gone"));
  CHECK(muster({"machine", "show", "m1", "-o", "json"}) == 0);
  CHECK(has(out, R"("problem":"kind: a string")"));
  CHECK(muster({"machine", "show", "m3"}) == 0);
  CHECK(has(out, "not a JSON object"));
}
