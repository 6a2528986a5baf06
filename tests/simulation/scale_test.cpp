// SPDX-License-Identifier: Apache-2.0

// What `muster-sim --scale` measures, on a cluster that fits into a test.

#include "tests/simulation/scale_run.hpp"

#include <catch2/catch.hpp>

using namespace muster::sim;
using namespace std::chrono_literals;
using muster::machine_id;

namespace {

scale_options small(uint32_t switches) {
  scale_options out;
  out.machines = 48;
  out.switches = switches;
  out.writes = 3;
  return out;
}

uint64_t count(const traffic_by_kind& x, const char* name) {
  auto found = x.find(name);
  return found == x.end() ? 0 : found->second.messages;
}

} // namespace

TEST_CASE("scale: the home's messages are as many as the switches (3.8)",
          "[simulation]") {
  scale_cluster cluster{small(4)};
  REQUIRE(cluster.boot().empty());
  for (size_t holders : {8u, 40u}) {
    REQUIRE(cluster.hold(holders).empty());
    auto cost = cluster.write(cluster.origin_for(holders));
    INFO(cluster.problem());
    REQUIRE(cost);
    CHECK(cluster.problem().empty());
    CHECK(cost->invalidations_past_switches == 0);
    CHECK(count(cost->home_before, "invalidate") == 4);
    CHECK(count(cost->home_before, "prepare") == 2);
    // Besides: the home's enlistment of the switches, and the answer.
    CHECK(sum(cost->home_before).messages == 4 + 2 + 2);
    CHECK(count(cost->home_after, "validate") == 4);
    CHECK(sum(cost->home_after).messages <= 4 + 2);
    // Every holder has a word all the same.
    CHECK(count(cost->all, "invalidate") == 4 + holders);
    CHECK(count(cost->all, "invalidate_ack") == 4 + holders);
    CHECK(count(cost->all, "validate") == 4 + holders);
  }
}

TEST_CASE("scale: without switches the home tells every holder",
          "[simulation]") {
  scale_cluster cluster{small(0)};
  REQUIRE(cluster.boot().empty());
  REQUIRE(cluster.hold(40).empty());
  auto cost = cluster.write(cluster.origin_for(0));
  REQUIRE(cost);
  CHECK(cost->invalidations_past_switches == 40);
  CHECK(count(cost->home_before, "invalidate") == 40);
  CHECK(count(cost->all, "invalidate") == 40);
  CHECK(sum(cost->home_before).messages == 40 + 2 + 2);
}

TEST_CASE("scale: a rack without its switch is counted at the home",
          "[simulation]") {
  scale_cluster cluster{small(4)};
  REQUIRE(cluster.boot().empty());
  REQUIRE(cluster.hold(40).empty());
  cluster.world().crash(machine_id{"s1"}, true);
  REQUIRE(cluster.write(cluster.origin_for(1))); // bounded by a lease
  REQUIRE(cluster.hold(40).empty()); // of the home now
  cluster.run_for(3s);
  auto cost = cluster.write(cluster.origin_for(1));
  REQUIRE(cost);
  CHECK(cost->invalidations_past_switches == 10);
  CHECK(count(cost->home_before, "invalidate") == 3 + 10);
  CHECK(cluster.problem().empty());
}

TEST_CASE("scale: machines come and go", "[simulation]") {
  auto x = measure_scale(small(4), {40}, {false, false, true});
  INFO(x.problem);
  REQUIRE(x.problem.empty());
  REQUIRE(x.churn.size() == 5);
  auto& join = x.churn[0];
  CHECK(join.took < 5s);
  CHECK(join.messages > 0);
  auto& leave = x.churn[1];
  CHECK(leave.write_at_once < 50ms); // nobody is waited for
  auto& death = x.churn[2];
  CHECK(death.write_at_once > 500ms);
  CHECK(death.write_at_once < 4s); // T6 and a lease
  CHECK(death.write_after < 50ms);
  CHECK(death.home_messages_after < 10);
  auto& lost = x.churn[3];
  CHECK(lost.write_at_once < 5s);
  CHECK(lost.home_messages_after > 10); // its rack's machines, one by one
  auto& back = x.churn[4];
  CHECK(back.home_messages_after < 10);
}

TEST_CASE("scale: idle leases cost little (T2)", "[simulation]") {
  auto leases = [](int idle_renewals) {
    auto options = small(4);
    options.idle_renewals = idle_renewals;
    auto x = measure_scale(options, {8}, {false, true, false});
    REQUIRE(x.problem.empty());
    return x.quiet.all_leases.messages;
  };
  auto all_pairs = leases(1);
  CHECK(all_pairs > 52 * 51 * 3); // requests and grants, twice a second
  CHECK(leases(0) * 3 < all_pairs);
}
