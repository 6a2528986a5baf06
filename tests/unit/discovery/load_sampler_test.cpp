// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/load_sampler.hpp"
#include "tests/unit/discovery/fake_host.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;
using muster::testing::fake_host;

namespace {

struct sampler_fixture {
  fake_host at;
  load_sampler core{at};
  load_sources of{"eth0", 8'000'000, {{"data", "8:1"}}};
  nanoseconds now = 100s;

  sampler_fixture() {
    at.add_card("eth0", "8");
    at.add_block("8:1", "sda1", "1");
    cpu(0, 0);
  }

  void cpu(uint64_t busy, uint64_t idle) {
    at.files["/proc/stat"] = "cpu " + std::to_string(busy) + " 0 0 "
                             + std::to_string(idle) + " 0 0 0 0\n";
  }

  void sent(uint64_t bytes) {
    at.files["/sys/class/net/eth0/statistics/tx_bytes"] = std::to_string(bytes);
  }

  void disk(uint64_t busy_ms) {
    at.files["/sys/dev/block/8:1/stat"] = "1 2 3 4 5 6 7 8 9 "
                                          + std::to_string(busy_ms) + " 1\n";
  }

  std::optional<load_record> sample() {
    now += 2s;
    return core.sample(of, now);
  }
};

} // namespace

TEST_CASE_METHOD(sampler_fixture,
                 "load: what has happened since the last look") {
  CHECK_FALSE(sample());
  cpu(30, 70);
  sent(1'000'000); // of 2,000,000
  disk(1800); // of 2000
  auto x = sample();
  REQUIRE(x);
  CHECK(x->cpu_permille == 300u);
  CHECK(x->nic_permille == 500u);
  REQUIRE(x->devices.size() == 1);
  CHECK(x->devices[0] == load_record::device{"data", 900});
  CHECK(x->load_permille == 900);
}

TEST_CASE_METHOD(sampler_fixture, "load: what cannot be told is left out") {
  sample();
  cpu(30, 70);
  at.files.erase("/sys/dev/block/8:1/stat");
  of.card_bits_per_second = 0;
  auto x = sample();
  REQUIRE(x);
  CHECK(*x == load_record{300, 300, {}, {}});
}

TEST_CASE_METHOD(sampler_fixture, "load: a counter that begins anew is new") {
  disk(5000);
  sample();
  disk(100);
  cpu(1, 1);
  CHECK(sample()->devices.empty());
  disk(300);
  CHECK(sample()->devices.front().permille == 100);
}

TEST_CASE_METHOD(sampler_fixture, "load: pressure stands for a damaged stat") {
  at.files["/proc/stat"] = "damaged";
  sample();
  CHECK_FALSE(sample()->cpu_permille);
  at.files["/proc/pressure/cpu"] = "some avg10=50.00 avg60=1.00 total=1";
  CHECK(sample()->cpu_permille == 500u);
}

TEST_CASE_METHOD(sampler_fixture, "load: nothing that can be told is no load") {
  at.files.clear();
  sample();
  CHECK_FALSE(sample());
}

TEST_CASE_METHOD(sampler_fixture, "load: it is never more than all") {
  sample();
  disk(100'000);
  CHECK(sample()->load_permille == 1000);
}
