// SPDX-License-Identifier: Apache-2.0
#include "registry/move_planner.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

machine_id name(int i) {
  return machine_id{"m" + std::to_string(i)};
}

replica_ref ref(int i) {
  return {name(i), store_id{100u + static_cast<unsigned>(i)}};
}

/// `machine_count` machines that store; shard n on the named ones, the first
/// of them its primary.
struct cluster {
  explicit cluster(int machine_count) {
    for (auto i = 1; i <= machine_count; ++i) {
      member m;
      m.who = {name(i), incarnation{1}};
      m.store = ref(i).store;
      facts.members.push_back(m);
      facts.alive.push_back(m.who.id);
    }
  }

  cluster& shard(std::vector<int> on) {
    assignment a;
    a.shard = shard_id{static_cast<uint32_t>(facts.shards.size())};
    a.at = epoch{1};
    a.primary = name(on.front());
    for (auto i : on)
      a.in_sync.push_back(ref(i));
    facts.shards.push_back(a);
    return *this;
  }

  void kill(int i) {
    std::erase(facts.alive, name(i));
  }

  /// As `move_planner::plan` of machine `self` after `time`.
  std::vector<std::string> plan(nanoseconds time = 0s) {
    now += time;
    std::vector<std::string> out;
    for (auto& x : planner.plan(facts, now))
      out.push_back(std::to_string(x.shard.value) + ": +" + x.joining.id.value
                    + " home " + x.home.value + " -" + x.leaving.value);
    return out;
  }

  cluster_facts facts;
  boot_time now{1000s};
  planner_options options;
  move_planner planner{name(1), options};
};

using orders = std::vector<std::string>;

} // namespace

TEST_CASE("planner: nothing to do, nothing ordered") {
  CHECK(cluster{3}.shard({1, 2, 3}).plan().empty());
}

TEST_CASE("planner: a dead machine is replaced after its time") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.kill(3);
  CHECK(x.plan().empty());
  CHECK(x.plan(29s).empty());
  CHECK(x.plan(1s) == orders{"0: +m4 home  -m3"});
  CHECK(x.plan(1s).empty()); // under way
  CHECK(x.plan(15s) == orders{"0: +m4 home  -m3"}); // and not seen for long
}

TEST_CASE("planner: an order is told again until its effect is seen") {
  auto x = cluster{4}.shard({1, 2});
  CHECK(x.plan() == orders{"0: +m3 home  -"});
  CHECK(x.plan(1s).empty());
  CHECK(x.plan(1s) == orders{"0: +m3 home  -"}); // perhaps it was refused
  x.facts.shards[0].in_sync.push_back(ref(3));
  CHECK(x.plan(2s).empty());
}

TEST_CASE("planner: an order that nothing calls for any more is not told") {
  auto x = cluster{4}.shard({1, 2, 3, 4});
  CHECK(x.plan() == orders{"0: + home  -m2"});
  x.facts.shards[0].in_sync = {ref(1), ref(2), ref(4)}; // m3 left instead
  CHECK(x.plan(2s).empty());
}

TEST_CASE("planner: what is called for now takes an order's place") {
  auto x = cluster{3}.shard({1, 2});
  CHECK(x.plan() == orders{"0: +m3 home  -"});
  x.facts.members[2].store = store_id{9}; // its disk was replaced
  auto again = x.planner.plan(x.facts, x.now += 2s);
  REQUIRE(again.size() == 1);
  CHECK(again[0].joining == replica_ref{name(3), store_id{9}});
}

TEST_CASE("planner: all orders are told again, hand-overs are not") {
  auto x = cluster{5}.shard({1, 2}).shard({1, 2});
  CHECK(x.plan() == orders{"0: +m3 home  -", "1: +m4 home  -"});
  CHECK(x.plan(2s) == orders{"0: +m3 home  -", "1: +m4 home  -"});
  auto y = cluster{3}.shard({1, 2, 3});
  y.facts.draining = {name(1)};
  CHECK(y.plan().size() == 1);
  CHECK(y.plan(2s).empty()); // each try holds writes up
}

TEST_CASE("planner: a learner that never comes in sync is replaced") {
  auto x = cluster{4}.shard({1, 2});
  x.facts.shards[0].learners.push_back(ref(3));
  CHECK(x.plan().empty());
  CHECK(x.plan(299s).empty());
  CHECK(x.plan(1s) == orders{"0: +m4 home  -m3"});
  auto alone = cluster{3}.shard({1, 2});
  alone.facts.shards[0].learners.push_back(ref(3));
  CHECK(alone.plan().empty());
  CHECK(alone.plan(600s).empty());
}

TEST_CASE("planner: who was named in vain is named again last") {
  auto x = cluster{4}.shard({1, 2});
  CHECK(x.plan() == orders{"0: +m3 home  -"});
  CHECK(x.plan(15s) == orders{"0: +m4 home  -"});
  CHECK(x.plan(15s) == orders{"0: +m3 home  -"}); // there is no other
}

TEST_CASE("planner: a machine that was back in between is not dead") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.kill(3);
  x.plan();
  x.facts.alive.push_back(name(3));
  x.plan(29s);
  x.kill(3);
  CHECK(x.plan(2s).empty());
}

TEST_CASE("planner: a machine that was removed is replaced at once") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.facts.members.erase(x.facts.members.begin() + 2);
  CHECK(x.plan() == orders{"0: +m4 home  -m3"});
}

TEST_CASE("planner: a learner that was removed gives its place up") {
  auto x = cluster{4}.shard({1, 2});
  x.facts.shards[0].learners.push_back(ref(3));
  x.facts.members.erase(x.facts.members.begin() + 2);
  CHECK(x.plan() == orders{"0: +m4 home  -m3"});
}

TEST_CASE("planner: without a spare machine the dead one stays") {
  auto x = cluster{3}.shard({1, 2, 3});
  x.kill(3);
  x.plan();
  CHECK(x.plan(60s).empty());
}

TEST_CASE("planner: the one with the fewest shards replaces it") {
  auto x = cluster{5}.shard({1, 2, 3}).shard({2, 4, 3});
  x.kill(3);
  x.plan();
  CHECK(x.plan(30s) == orders{"0: +m5 home  -m3"});
}

TEST_CASE("planner: another primary's shards are its own affair") {
  auto x = cluster{4}.shard({2, 1, 3});
  x.kill(3);
  x.plan();
  CHECK(x.plan(30s).empty());
}

TEST_CASE("planner: a draining backup is replaced") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.facts.draining = {name(2)};
  CHECK(x.plan() == orders{"0: +m4 home  -m2"});
}

TEST_CASE("planner: a draining primary hands over and leaves") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.facts.draining = {name(1)};
  CHECK(x.plan() == orders{"0: +m4 home m2 -m1"});
}

TEST_CASE("planner: a draining primary hands over even if nobody replaces it") {
  auto x = cluster{3}.shard({1, 2, 3});
  x.facts.draining = {name(1)};
  CHECK(x.plan() == orders{"0: + home m2 -"});
}

TEST_CASE("planner: a draining machine takes nothing") {
  auto x = cluster{4}.shard({1, 2, 3});
  x.facts.draining = {name(4)};
  x.kill(3);
  x.plan();
  CHECK(x.plan(30s).empty());
}

TEST_CASE("planner: a set that is too small grows") {
  CHECK(cluster{3}.shard({1, 2}).plan() == orders{"0: +m3 home  -"});
}

TEST_CASE("planner: a set that is too large shrinks") {
  auto x = cluster{4}.shard({1, 2, 3, 4}).shard({2, 3, 4});
  CHECK(x.plan() == orders{"0: + home  -m2"});
}

TEST_CASE("planner: a machine without shards takes its share, one at a time") {
  cluster x{4};
  for (auto i = 0; i < 12; ++i)
    x.shard({1, 2, 3});
  CHECK(x.plan() == orders{"0: +m4 home m4 -m1"});
  CHECK(x.plan(1s).empty());
  x.facts.shards[0].in_sync = {ref(4), ref(2), ref(3)};
  x.facts.shards[0].primary = name(4);
  CHECK(x.plan(1s) == orders{"1: +m4 home  -m2"});
}

TEST_CASE("planner: small differences are left alone") {
  cluster x{4};
  for (auto i = 0; i < 4; ++i)
    x.shard({1, 2, 3});
  CHECK(x.plan().empty());
}

TEST_CASE("planner: only so many orders at a time") {
  cluster x{4};
  for (auto i = 0; i < 9; ++i)
    x.shard({1, 2, 3});
  x.facts.draining = {name(3)};
  CHECK(x.plan().size() == x.options.orders_max);
}

TEST_CASE("planner: a move makes its machine primary") {
  auto x = cluster{4}.shard({1, 2, 3});
  auto to = [&](int i) {
    return order_to_move(x.facts, shard_id{0}, name(i), 3);
  };
  REQUIRE(to(2));
  CHECK(*to(2) == move_order{shard_id{0}, {}, name(2), {}});
  CHECK(*to(4) == move_order{shard_id{0}, ref(4), name(4), name(1)});
  CHECK(to(7).failure().code == errc::not_found);
  CHECK(order_to_move(x.facts, shard_id{9}, name(2), 3).failure().code
        == errc::not_found);
}

TEST_CASE("planner: nothing moves to a machine that leaves or is away") {
  auto x = cluster{5}.shard({1, 2, 3});
  auto to = [&](int i) {
    return order_to_move(x.facts, shard_id{0}, name(i), 3).failure().code;
  };
  x.facts.draining = {name(4)};
  x.kill(5);
  CHECK(to(4) == errc::unavailable);
  CHECK(to(5) == errc::unavailable);
}

TEST_CASE("planner: a drain needs machines for all copies") {
  auto x = cluster{4}.shard({1, 2, 3});
  CHECK(may_drain(x.facts, name(2), 3));
  x.kill(4);
  CHECK(may_drain(x.facts, name(2), 3).failure().code == errc::unavailable);
  CHECK(may_drain(x.facts, name(4), 3)); // it has nothing
  CHECK(may_drain(x.facts, name(9), 3).failure().code == errc::not_found);
}

namespace {

cluster_facts one_member() {
  cluster_facts out;
  out.members.emplace_back().who = {name(1), incarnation{1}};
  return out;
}

} // namespace

TEST_CASE("planner: a machine that is away and empty may go") {
  CHECK(may_remove(one_member(), name(1), false));
}

TEST_CASE("planner: one that is alive or holds shards only by force") {
  auto alive = one_member();
  alive.alive = {name(1)};
  CHECK(may_remove(alive, name(1), false).failure().code == errc::in_use);
  CHECK(may_remove(alive, name(1), true));
  auto holds = one_member();
  holds.shards.emplace_back().in_sync = {ref(1)};
  CHECK(may_remove(holds, name(1), false).failure().code == errc::in_use);
  CHECK(may_remove(holds, name(1), true));
}

TEST_CASE("planner: who is no member cannot be removed") {
  CHECK(may_remove({}, name(1), true).failure().code == errc::not_found);
}
