// SPDX-License-Identifier: Apache-2.0
#include "allocator/reservation.hpp"
#include "registry/key.hpp"
#include "tests/unit/allocator/home.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

const machine_id m1{"m1"};
const counter_name disk{counter_kind::device, 0, "d"};
const counter_name cores{counter_kind::cores, 0, {}};

/// Machines m1 to mN with one device each, which run.
struct fleet {
  world x;
  selector use{x.in};
  home all;

  explicit fleet(int count, uint64_t capacity = 100) {
    for (int i = 1; i <= count; ++i) {
      auto id = "m" + std::to_string(i);
      x.put(id, {4000, 1000, 2, 0, "r" + std::to_string(i % 2), {}});
      x.put(id, "d", {"ssd", capacity, nanoseconds{100}, 0, {}});
      x.start(id, true);
      set(id, disk, static_cast<int64_t>(capacity));
      set(id, cores, 4000);
      set(id, {counter_kind::memory, 0, {}}, 1000);
      for (uint32_t gpu : {0U, 1U})
        set(id, {counter_kind::gpu, gpu, {}}, 1000);
    }
  }

  void set(const std::string& id, const counter_name& counter, int64_t value) {
    x.count(id, counter, value);
    all.records[counter_key(machine_id{id}, counter)] = {std::to_string(value),
                                                         sequence{1}};
  }

  command_plan plan(reservation& r, uint64_t random = 0) {
    auto out = r.attempt(use, random, no_text);
    REQUIRE(out);
    return *out;
  }
};

qos capacity(uint64_t bytes) {
  return {.capacity_bytes = bytes};
}

} // namespace

TEST_CASE("reservation: one machine is one command on one shard") {
  fleet f{3};
  reservation r{"a", {.capacity_bytes = 60, .cores_permille = 500}, {}, false};
  auto plan = f.plan(r);
  auto machine = r.parts().front().where.machine;
  for (auto& op : plan.operations)
    CHECK(entity_group(op.key) == machine_key(machine));
  CHECK(f.all.apply(plan).empty());
  CHECK(f.all.counter(counter_key(machine, disk)) == 40);
  CHECK(f.all.counter(counter_key(machine, cores)) == 3500);
  CHECK(r.on_answer(std::nullopt) == reservation_step::done);
}

TEST_CASE("reservation: a retry of the same plan reserves nothing twice") {
  fleet f{1};
  reservation r{"a", capacity(30), {}, false};
  auto plan = f.plan(r);
  CHECK(f.all.apply(plan).empty());
  CHECK(f.all.apply(plan).starts_with("guard on /machines/m1/allocations/a"));
  CHECK(f.all.counter(counter_key(m1, disk)) == 70);
}

TEST_CASE("reservation: the claim keeps one id from two machines") {
  fleet f{2};
  reservation first{"a", capacity(30), {}, true};
  CHECK(f.all.apply(f.plan(first)).empty());
  reservation second{"a",
                     capacity(30),
                     {.avoid = {{first.parts().front().where.machine, "d"}}},
                     true};
  auto plan = f.plan(second);
  CHECK(second.parts().front().where != first.parts().front().where);
  CHECK(f.all.apply(plan).starts_with("guard on /allocations/a"));
}

TEST_CASE("reservation: who loses a race takes the next candidate") {
  fleet f{2};
  reservation mine{"a", capacity(60), {}, false};
  reservation other{"b", capacity(60), {}, false};
  auto plan = f.plan(mine);
  CHECK(f.all.apply(f.plan(other)).empty());
  CHECK(f.all.apply(plan).starts_with("add on"));
  auto lost = mine.parts().front().where;
  CHECK(mine.on_answer(errc::refused) == reservation_step::next);
  CHECK(f.all.apply(f.plan(mine)).empty());
  CHECK(mine.parts().front().where != lost);
}

TEST_CASE(
  "reservation: where all candidates were lost, the first is tried "
  "again") {
  fleet f{1};
  reservation r{"a", capacity(60), {}, false};
  f.plan(r);
  CHECK(r.on_answer(errc::refused) == reservation_step::next);
  f.plan(r);
  CHECK(r.attempts() == 2);
}

TEST_CASE("reservation: after its last attempt it ends") {
  fleet f{3};
  reservation r{"a", capacity(60), {}, false};
  for (uint32_t i = 0; i < reservation_attempts_max; ++i) {
    f.plan(r, i);
    CHECK(r.on_answer(errc::unavailable) == reservation_step::next);
  }
  auto end = r.attempt(f.use, 0, no_text);
  REQUIRE_FALSE(end);
  CHECK(end.failure().code == errc::refused);
}

TEST_CASE(
  "reservation: what may have been applied is asked again, never "
  "elsewhere") {
  fleet f{2};
  reservation r{"a", capacity(60), {}, false};
  f.plan(r);
  CHECK(r.on_answer(errc::unknown) == reservation_step::again);
  CHECK(r.on_answer(errc::timed_out) == reservation_step::again);
  CHECK(r.on_answer(errc::denied) == reservation_step::stop);
  CHECK(r.options().avoid.empty());
}

TEST_CASE("reservation: replicas on one machine subtract once a counter") {
  world x;
  x.put("m1", {4000, 0, 2, 0, "", {}});
  for (auto device : {"d1", "d2", "d3"})
    x.put("m1", device, {"ssd", 100, {}, 0, {}});
  selector use{x.in};
  qos w{.capacity_bytes = 50,
        .cores_permille = 1500,
        .gpus = 1,
        .gpu_share_permille = 600,
        .replicas = 2,
        .spread = spread_over::device};
  auto places = use.choose(w, {.dry_run = true});
  REQUIRE(places);
  auto parts = parts_of(w, *places);
  auto plan = plan_reservation("a", parts, false, no_text);
  // Two devices, two GPUs, the cores, the record.
  CHECK(plan.operations.size() == 6);
  CHECK(plan.guards.size() == 1);
  auto delta = [&](const counter_name& counter) {
    for (auto& op : plan.operations)
      if (op.key == counter_key(m1, counter))
        return op.delta;
    return int64_t{0};
  };
  CHECK(delta(cores) == -3000);
  CHECK(delta({counter_kind::gpu, 0, {}}) == -600);
  CHECK(delta({counter_kind::gpu, 1, {}}) == -600);
}

TEST_CASE("reservation: a release gives everything back, once") {
  fleet f{2};
  auto before = f.all.records;
  qos w{.capacity_bytes = 40, .memory_bytes = 7, .gpus = 2, .replicas = 2};
  reservation r{"a", w, {}, true};
  CHECK(f.all.apply(f.plan(r)).empty());
  auto versions = f.all.versions(allocation_records("a", r.parts(), true));
  CHECK(versions.size() == 3);
  auto release = plan_release("a", r.parts(), true, versions);
  CHECK(f.all.apply(release).empty());
  CHECK(f.all.apply(release).starts_with("guard on"));
  CHECK(f.all.records.size() == before.size());
  for (auto& [key, x] : before)
    CHECK(f.all.records.at(key).value == x.value);
}

TEST_CASE("reservation: ids that are no segment of a key are refused") {
  CHECK(check_allocation_id("backup-7"));
  CHECK_FALSE(check_allocation_id(""));
  CHECK_FALSE(check_allocation_id("a/b"));
  CHECK_FALSE(check_allocation_id("a\nb"));
  CHECK_FALSE(check_allocation_id(std::string(101, 'a')));
}
