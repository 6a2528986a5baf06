// SPDX-License-Identifier: Apache-2.0

// The Grid'5000 testbed as it was in March 2026. The latencies are synthetic:
// one figure for each class of interface. Its data are not part of this
// project.

#include "allocator/record_keys.hpp"
#include "allocator/selector.hpp"
#include "runtime/inventory/inventory_records.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace muster;

namespace {

constexpr const char* path = "../shared/data/grid5000/records.jsonl";
constexpr uint64_t tib = uint64_t{1} << 40;

bool load(inventory& to) {
  std::ifstream in{path};
  if (!in) {
    WARN("skipped: " << path << " is not there");
    return false;
  }
  for (std::string line; std::getline(in, line);) {
    auto record = nlohmann::json::parse(line);
    auto value = record["value"].dump();
    REQUIRE(apply_record(to, record["key"].get<std::string>(), value));
  }
  return true;
}

qos nvme_near(const std::string& place) {
  return {
    .capacity_bytes = tib, .hops = 2, .from = place, .device_kind = "nvme-ssd"};
}

exclusion of(const explanation& x, criterion which) {
  for (auto& e : x.excluded)
    if (e.which == which)
      return e;
  return {which, 0, 0};
}

} // namespace

TEST_CASE("grid5000: all machines, devices and links are usable") {
  inventory x;
  if (!load(x))
    return;
  CHECK(x.machines().table.count() == 939);
  CHECK(x.devices().table.count() == 1728);
  CHECK(x.links().link_count() == 1183);
  CHECK(x.links().size() == 1017);
  CHECK(x.check_invariants());
}

TEST_CASE("grid5000: 1 TiB of NVMe within two hops of a machine") {
  inventory x;
  if (!load(x))
    return;
  selector use{x};
  for (auto how : {effort::sample, effort::exact}) {
    auto got = use.choose(nvme_near("dahu-1"), {.how = how, .dry_run = true});
    REQUIRE(got);
    // All that is so near is behind the gateway of Grenoble.
    auto place = *x.links().find(got->front().machine.value);
    CHECK(x.hops_from(*x.links().find("dahu-1")).hops[place] == 2);
    CHECK(x.links().neighbours(place)
          == std::vector{*x.links().find("grenoble.gw")});
  }
  auto why = use.explain(nvme_near("dahu-1"), {.dry_run = true});
  REQUIRE(why);
  CHECK(why->candidates == 1728);
  CHECK(why->satisfying == 16);
  CHECK(why->best.size() == 16);
}

TEST_CASE(
  "grid5000: machines that were only loaded take part in dry runs "
  "alone") {
  inventory x;
  if (!load(x))
    return;
  selector use{x};
  auto got = use.choose(nvme_near("dahu-1"), {});
  REQUIRE_FALSE(got);
  CHECK(got.failure().code == errc::refused);
  auto why = use.explain(nvme_near("dahu-1"), {});
  REQUIRE(why);
  CHECK(of(*why, criterion::started).in_order == 1728);
  REQUIRE_FALSE(why->nearest.empty());
  CHECK(why->nearest.front().lacks.front().which == criterion::started);
}

TEST_CASE(
  "grid5000: what cannot be reached is refused for that reason, not "
  "for being far") {
  inventory x;
  if (!load(x))
    return;
  selector use{x};
  // 33 vertices are connected with it, and none has such a device.
  auto why = use.explain(nvme_near("paradoxe-1"), {.dry_run = true});
  REQUIRE(why);
  CHECK(why->satisfying == 0);
  auto unreached = of(*why, criterion::reachable);
  auto far = of(*why, criterion::hops);
  size_t inside = 0;
  for (auto machine : x.devices().machines)
    inside += machine != nullptr
              && x.hops_from(*x.links().find("paradoxe-1"))
                     .hops[*x.links().find(machine->id.value)]
                   != unreachable;
  CHECK(unreached.alone == 1728 - inside);
  CHECK(far.alone == 0);
  CHECK(far.in_order == 0);
  // From the gateway of Lille some are unreachable, and others are too far.
  why = use.explain(nvme_near("lille.gw"), {.dry_run = true});
  REQUIRE(why);
  CHECK(of(*why, criterion::reachable).alone > 0);
  CHECK(of(*why, criterion::hops).alone > 0);
  CHECK(of(*why, criterion::reachable).alone + of(*why, criterion::hops).alone
        < why->candidates);
}

TEST_CASE("grid5000: an unknown place is said to be unknown") {
  inventory x;
  if (!load(x))
    return;
  auto got = selector{x}.choose(nvme_near("nowhere-1"), {.dry_run = true});
  REQUIRE_FALSE(got);
  CHECK(got.failure().code == errc::not_found);
  CHECK(got.failure().message.starts_with("from: "));
}
