// SPDX-License-Identifier: Apache-2.0
#include "allocator/inventory.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

const machine_id m1{"m1"};

/// All candidates with their quantities, whatever their rows.
std::map<std::string, std::pair<std::array<uint64_t, quantity_count>, bool>>
contents(const inventory& x) {
  std::map<std::string, std::pair<std::array<uint64_t, quantity_count>, bool>>
    out;
  for (auto of : {&x.devices(), &x.machines()})
    for (uint32_t row = 0; row < of->machines.size(); ++row)
      if (of->machines[row]) {
        auto device = of->devices[row] ? of->devices[row]->name : "";
        out[of->machines[row]->id.value + "/" + device]
          = {of->table.exact(row).values, test_bit(of->table.started(), row)};
      }
  return out;
}

uint64_t left(const inventory& x, quantity q) {
  REQUIRE(x.machines().table.count() == 1);
  return x.machines().table.exact(x.find(m1)->row)[q];
}

} // namespace

TEST_CASE("inventory: its tables are right after every change", "[twin]") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    selector use{x.in};
    for (int i = 0; i < 300; ++i) {
      INFO("change " << i);
      change(x, with);
      // Requests make sets of rows, which later changes must keep right.
      static_cast<void>(use.choose(with.request(places_of(x)), {}));
      if (i % 10 == 0)
        REQUIRE(x.in.check_invariants());
    }
  }
}

TEST_CASE("inventory: after any changes it is as one that heard only the end",
          "[twin]") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    grow(x, with, 400);
    inventory fresh;
    x.tell(fresh);
    REQUIRE(contents(fresh) == contents(x.in));
    REQUIRE(fresh.cores_per_gpu() == x.in.cores_per_gpu());
    REQUIRE(fresh.links().link_count() == x.in.links().link_count());
  }
}

TEST_CASE("inventory: records come in any order") {
  inventory x;
  CHECK(x.set_counter(m1, {counter_kind::device, 0, "d"}, 40));
  CHECK(x.put_device(m1, "d", {"ssd", 100, {}, 0, {}}));
  CHECK(x.put_load(m1, 10));
  x.set_started(m1, true);
  CHECK(x.devices().table.count() == 0);
  CHECK(x.put_machine(m1, {1000, 0, 0, 0, "", {}}));
  REQUIRE(x.devices().table.count() == 1);
  CHECK(x.devices().table.exact(0)[quantity::capacity] == 40);
  CHECK(x.devices().table.exact(0)[quantity::load] == 10);
  CHECK(x.check_invariants());
}

TEST_CASE("inventory: nothing is kept of a machine without records") {
  inventory x;
  CHECK(x.put_machine(m1, {1000, 0, 0, 0, "", {}}));
  CHECK(x.put_device(m1, "d", {"ssd", 100, {}, 0, {}}));
  CHECK(x.set_counter(m1, {counter_kind::gpu, 3, {}}, 40));
  x.remove_machine(m1);
  x.remove_device(m1, "d");
  CHECK(x.find(m1) != nullptr);
  CHECK(x.set_counter(m1, {counter_kind::gpu, 3, {}}, std::nullopt));
  CHECK(x.find(m1) == nullptr);
  // What is removed twice, or was never there, makes no entry.
  x.remove_machine(m1);
  x.remove_device(m1, "d");
  x.set_started(m1, false);
  CHECK(x.put_load(m1, std::nullopt));
  CHECK(x.set_counter(m1, {counter_kind::cores, 0, {}}, std::nullopt));
  CHECK(x.find(m1) == nullptr);
}

TEST_CASE("inventory: without a counter all is left, until the machine runs") {
  inventory x;
  CHECK(x.put_machine(m1, {4000, 500, 2, 0, "", {}}));
  CHECK(left(x, quantity::cores) == 4000);
  CHECK(left(x, quantity::gpus) == 2);
  x.set_started(m1, true);
  CHECK(left(x, quantity::cores) == 0);
  CHECK(left(x, quantity::memory) == 0);
  CHECK(left(x, quantity::gpu_share) == 0);
  CHECK(x.set_counter(m1, {counter_kind::cores, 0, {}}, 1500));
  CHECK(left(x, quantity::cores) == 1500);
}

TEST_CASE("inventory: what is left is between nothing and all") {
  inventory x;
  CHECK(x.put_machine(m1, {4000, 500, 1, 0, "", {}}));
  CHECK(x.set_counter(m1, {counter_kind::cores, 0, {}}, -5));
  CHECK(left(x, quantity::cores) == 0);
  CHECK(x.set_counter(m1, {counter_kind::memory, 0, {}}, 700));
  CHECK(left(x, quantity::memory) == 500);
  // A GPU that the machine does not have.
  CHECK(x.set_counter(m1, {counter_kind::gpu, 1, {}}, 1000));
  CHECK(left(x, quantity::gpus) == 1);
}

TEST_CASE(
  "inventory: what breaks a limit is refused, and what was there "
  "stays") {
  inventory x;
  CHECK(x.put_machine(m1, {4000, 500, 1, 0, "", {}}));
  machine_resources more{4000, 500, gpus_max + 1, 0, "", {}};
  auto done = x.put_machine(m1, more);
  REQUIRE_FALSE(done);
  CHECK(done.failure().message.starts_with("gpus: "));
  more = {quantity_max + 1, 500, 1, 0, "", {}};
  CHECK_FALSE(x.put_machine(m1, more));
  more = {1, 500, 1, 0, "", {"no pair"}};
  CHECK_FALSE(x.put_machine(m1, more));
  CHECK(left(x, quantity::cores) == 4000);
  CHECK_FALSE(x.put_load(m1, 1001));
  CHECK_FALSE(x.set_counter(m1, {counter_kind::gpu, gpus_max, {}}, 1));
  CHECK_FALSE(x.put_device(m1, "d", {"", 1, nanoseconds{-1}, 0, {}}));
  for (size_t i = 0; i < machine_devices_max; ++i)
    CHECK(x.put_device(m1, std::to_string(i), {"ssd", 1, {}, 0, {}}));
  CHECK_FALSE(x.put_device(m1, "one more", {"ssd", 1, {}, 0, {}}));
}

TEST_CASE("inventory: a machine that moves to another rack is there alone") {
  inventory x;
  CHECK(x.put_machine(m1, {1, 0, 0, 0, "a", {}}));
  CHECK(x.put_machine(machine_id{"m2"}, {1, 0, 0, 0, "a", {}}));
  CHECK(x.rack("a").size() == 2);
  CHECK(x.put_machine(m1, {1, 0, 0, 0, "b", {}}));
  CHECK(x.rack("a").size() == 1);
  REQUIRE(x.rack("b").size() == 1);
  CHECK(x.rack("b").front()->id == m1);
  x.remove_machine(m1);
  CHECK(x.rack("b").empty());
}
