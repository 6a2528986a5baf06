// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/discovery.hpp"
#include "tests/unit/discovery/fake_host.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace muster;
using namespace std::chrono_literals;
using muster::testing::fake_host;

namespace {

struct discovery_fixture {
  fake_host at;
  discovery_options options;

  discovery_fixture() {
    at.add_block("8:1", "sda1", "0", "sda");
    at.devices["/srv/data"] = "8:1";
    at.spaces["/srv/data"] = {1000, 800};
    at.timing = device_timing{100us, 200us, 4ms, 9ms, 1'000'000};
    at.files["/proc/self/mountinfo"] = "";
    at.add_card("eth0", "10000");
    options.storage.devices = {{"data", "/srv/data", 250, 0}};
  }
};

bool says(const std::vector<std::string>& all, const std::string& text) {
  return std::any_of(all.begin(), all.end(), [&](auto& x) {
    return x.find(text) != std::string::npos;
  });
}

} // namespace

TEST_CASE_METHOD(discovery_fixture, "discovery: a machine and its device") {
  at.files["/sys/bus/pci/devices/0/class"] = "0x030200\n";
  at.files["/sys/bus/pci/devices/0/vendor"] = "0x10de\n";
  options.rack = "r1";
  options.labels = {"zone=north", "a=b"};
  discovery core{at, options};
  auto x = core.look();
  CHECK(x.machine
        == machine_resources{
          8000, 1 << 30, 1, 10'000'000'000, "r1", {"a=b", "zone=north"}});
  REQUIRE(x.devices.size() == 1);
  auto& d = x.devices[0].what;
  CHECK(d.path == "/srv/data");
  CHECK(d.what.kind == "ssd");
  CHECK(d.what.latency == nanoseconds{100us});
  CHECK(d.what.bandwidth_bits_per_second == 1'000'000);
  CHECK(d.read_p99 == nanoseconds{200us});
  CHECK(d.write == nanoseconds{4ms});
  CHECK(d.write_p99 == nanoseconds{9ms});
  CHECK(d.free_bytes == 800);
  CHECK(d.share_permille == 250);
  CHECK(core.take_complaints().empty());
}

TEST_CASE_METHOD(discovery_fixture, "discovery: a device is measured once") {
  discovery core{at, options};
  auto first = core.look();
  CHECK(core.look() == first);
  CHECK(at.timed == std::vector<std::string>{"/srv/data"});
  at.devices["/srv/data"] = "8:2"; // another disk is mounted there
  core.look();
  CHECK(at.timed.size() == 2);
}

TEST_CASE_METHOD(discovery_fixture,
                 "discovery: only where it may be measured") {
  options.measure = false;
  discovery core{at, options};
  CHECK_FALSE(core.look().devices[0].what.what.latency);
  CHECK(at.timed.empty());
  options.measure = true;
  options.storage.excluded = {"sda"};
  discovery other{at, options};
  CHECK(other.look().devices.empty());
  CHECK(at.timed.empty());
}

TEST_CASE_METHOD(discovery_fixture,
                 "discovery: what is not found is left out") {
  at.has = error{errc::io, "no topology"};
  at.timing = error{errc::io, "read-only"};
  at.files["/sys/class/net/eth0/speed"] = "-1\n";
  discovery core{at, options};
  auto x = core.look();
  CHECK(x.machine == machine_resources{});
  REQUIRE(x.devices.size() == 1);
  CHECK_FALSE(x.devices[0].what.what.latency);
  CHECK_FALSE(x.devices[0].what.write);
  auto said = core.take_complaints();
  CHECK(says(said, "no topology"));
  CHECK(says(said, "device data is not measured: read-only"));
  CHECK(says(said, "speed of eth0 is not known"));
  core.look();
  CHECK(core.take_complaints().empty());
  CHECK(at.timed.size() == 1);
}

TEST_CASE_METHOD(discovery_fixture,
                 "discovery: a disk that fails is not there") {
  at.spaces.clear();
  discovery core{at, options};
  CHECK(core.look().devices.empty());
  CHECK(says(core.take_complaints(), "cannot look into /srv/data"));
}

TEST_CASE_METHOD(discovery_fixture, "discovery: overrides win, zero GPUs too") {
  at.files["/sys/bus/pci/devices/0/class"] = "0x030200\n";
  at.files["/sys/bus/pci/devices/0/vendor"] = "0x10de\n";
  options.cores_permille = 2500;
  options.memory_bytes = 7;
  options.nic_bits_per_second = 9;
  options.gpus = 0;
  options.storage.devices = {{"data", "/srv/data", 0, 5000}};
  discovery core{at, options};
  auto x = core.look();
  CHECK(x.machine == machine_resources{2500, 7, 0, 9, {}, {}});
  CHECK(x.devices[0].what.what.capacity_bytes == 5000);
  CHECK(x.devices[0].what.free_bytes == 0);
}

TEST_CASE_METHOD(discovery_fixture, "discovery: the fastest card that is up") {
  at.add_card("eth1", "40000");
  at.add_card("eth2", "100000", "down");
  at.files["/sys/class/net/lo/operstate"] = "unknown\n";
  at.files["/sys/class/net/lo/speed"] = "200000\n";
  discovery core{at, options};
  CHECK(core.look().machine.nic_bits_per_second == 40'000'000'000);
}

TEST_CASE_METHOD(discovery_fixture, "discovery: loads are of what was found") {
  discovery core{at, options};
  core.look();
  CHECK_FALSE(core.load(1s));
  auto x = core.load(3s);
  REQUIRE(x);
  CHECK(x->nic_permille == 0u);
  REQUIRE(x->devices.size() == 1);
  CHECK(x->devices[0].name == "data");
}

TEST_CASE_METHOD(discovery_fixture,
                 "discovery: a stopped one measures nothing") {
  discovery core{at, options};
  core.stop();
  core.look();
  CHECK(at.timed.empty());
}
