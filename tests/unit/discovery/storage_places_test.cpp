// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/storage_places.hpp"
#include "tests/unit/discovery/fake_host.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using muster::testing::fake_host;

namespace {

constexpr uint64_t gib = uint64_t{1} << 30;

struct places_fixture {
  fake_host at;
  storage_options options;
  complaints said;

  places_fixture() {
    at.add_block("8:0", "sda", "1");
    at.add_block("8:1", "sda1", "1", "sda");
    at.add_block("259:1", "nvme0n1p1", "0", "nvme0n1");
    at.add_block("7:0", "loop0", "0");
  }

  std::vector<storage_place> find() {
    return find_places(at, options, said);
  }

  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (auto& x : find())
      out.push_back(x.what.name);
    return out;
  }
};

using name_list = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(places_fixture, "places: mounted file systems, each once") {
  at.add_mount("8:1", "/", 100 * gib);
  at.add_mount("8:1", "/also", 100 * gib);
  at.add_mount("259:1", "/fast", 10 * gib);
  at.add_mount("7:0", "/snap", 10 * gib);
  at.add_mount("0:30", "/tmp", 10 * gib);
  at.add_mount("8:0", "/boot", gib / 2);
  auto found = find();
  REQUIRE(found.size() == 2);
  CHECK(found[0]
        == storage_place{{"nvme0n1p1", "/fast", 1000, 0}, "259:1", "nvme"});
  CHECK(found[1] == storage_place{{"sda1", "/", 1000, 0}, "8:1", "hdd"});
}

TEST_CASE_METHOD(places_fixture, "places: what cannot be written is no place") {
  at.add_mount("8:1", "/", 100 * gib, "ro,noatime");
  CHECK(find().empty());
}

TEST_CASE_METHOD(places_fixture, "places: a directory stands for its disk") {
  at.add_mount("8:1", "/", 100 * gib);
  at.devices["/srv/data"] = "8:1";
  options.devices = {{"data", "/srv/data", 250, 0}};
  CHECK(names() == name_list{"data"});
  CHECK(find().front().kind == "hdd");
  options.discover = false;
  CHECK(names() == name_list{"data"});
}

TEST_CASE_METHOD(places_fixture, "places: what is excluded is not touched") {
  at.add_mount("8:1", "/", 100 * gib);
  at.add_mount("259:1", "/fast", 10 * gib);
  at.devices["/srv/data"] = "259:1";
  options.devices = {{"data", "/srv/data", 250, 0}};
  for (std::string each : {"sda", "/dev/sda", "sda1", "/"}) {
    options.excluded = {each};
    CHECK(names() == name_list{"data"});
    CHECK_FALSE(at.looked_into.contains("/"));
  }
  at.looked_into.clear();
  for (std::string each : {"data", "/srv/data"}) {
    options.excluded = {each, "/fast"};
    CHECK(names() == name_list{"sda1"});
    CHECK_FALSE(at.looked_into.contains("/srv/data"));
    CHECK_FALSE(at.looked_into.contains("/fast"));
  }
  options.excluded = {"nvme0n1"};
  CHECK(names() == name_list{"sda1"});
}

TEST_CASE_METHOD(places_fixture, "places: a directory that is not there") {
  options.devices = {{"data", "/srv/data", 250, 0}};
  CHECK(find().empty());
  find();
  CHECK(said.take().size() == 2); // and the mounts; each once
  CHECK(said.take().empty());
}

TEST_CASE_METHOD(places_fixture, "places: a kind that nobody knows is none") {
  at.add_block("8:16", "sdb", "damaged");
  at.add_mount("8:16", "/b", gib);
  REQUIRE(find().size() == 1);
  CHECK(find().front().kind.empty());
}

TEST_CASE_METHOD(places_fixture, "places: more devices than a machine has") {
  for (int i = 0; i < 300; ++i) {
    auto name = "d" + std::to_string(i);
    at.devices["/srv/" + name] = "8:1";
    options.devices.push_back({name, "/srv/" + name, 1, 0});
  }
  CHECK(find().size() == 256);
}
