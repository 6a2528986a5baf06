// SPDX-License-Identifier: Apache-2.0
#include "allocator/record_keys.hpp"
#include "registry/key.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

const machine_id m1{"m1"};

record_kind kind_of(std::string_view key) {
  return parse_record_key(key).kind;
}

} // namespace

TEST_CASE("keys: every counter's key is read back") {
  for (const counter_name& x :
       {counter_name{counter_kind::cores, 0, {}},
        counter_name{counter_kind::memory, 0, {}},
        counter_name{counter_kind::gpu, 15, {}},
        counter_name{counter_kind::device, 0, "disk0"}}) {
    auto key = counter_key(m1, x);
    CHECK(check_key(key));
    auto name = parse_record_key(key);
    CHECK(name.kind == record_kind::counter);
    CHECK(name.machine == m1);
    CHECK(name.counter == x);
  }
}

TEST_CASE("keys: the other records of a machine") {
  CHECK(kind_of(machine_key(m1)) == record_kind::machine);
  CHECK(kind_of("/machines/m1/alive") == record_kind::alive);
  CHECK(kind_of("/machines/m1/load") == record_kind::load);
  auto device = parse_record_key(device_key(m1, "d"));
  CHECK(device.kind == record_kind::device);
  CHECK(device.device == "d");
  auto allocation = parse_record_key(allocation_key(m1, "a"));
  CHECK(allocation.kind == record_kind::allocation);
  CHECK(allocation.allocation == "a");
}

TEST_CASE("keys: a link is the same from both ends") {
  CHECK(link_key("m1", "s1") == "/topology/links/m1~s1");
  CHECK(link_key("s1", "m1") == "/topology/links/m1~s1");
  auto x = parse_record_key("/topology/links/m1~s.1");
  CHECK(x.kind == record_kind::link);
  CHECK(x.from == "m1");
  CHECK(x.to == "s.1");
}

TEST_CASE("keys: what names nothing of the inventory") {
  for (auto key :
       {"/", "/machines", "/machines/m1/more", "/machines/m1/alive/x",
        "/machines/m1/devices", "/machines/m1/devices/d/e",
        "/machines/m1/free/cores/x", "/machines/m1/free/gpus/16",
        "/machines/m1/free/gpus/01", "/machines/m1/free/gpus/x",
        "/machines/m1/free/devices/d/e", "/machines/m1/free/disks/d",
        "/topology/links/a", "/topology/links/~a", "/topology/links/a~",
        "/topology/links/a~b~c", "/topology/links/a~b/c", "/machinery/m1"})
    CHECK(kind_of(key) == record_kind::other);
}
