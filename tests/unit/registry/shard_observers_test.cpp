// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "registry/shard_observers.hpp"
#include "tests/unit/registry/effects.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// The observers of shard 0 at `home`, in term 5; m5 is registered.
struct fixture {
  const peer home{machine_id{"home"}, incarnation{1}};
  const peer m5{machine_id{"m5"}, incarnation{3}};
  shard_observers it{shard_id{0}, home, {1, 1s, 400ms}};
  boot_time now{100s};
  observer_effects out;

  fixture() {
    it.start(term{5});
    it.on_members({{home, "h:1"}, {m5, "h:5"}});
    name({m5.id});
  }

  void name(std::vector<machine_id> who) {
    it.set_policies({{"a", "/billing", std::move(who), "audit"}});
  }

  void watch(uint64_t at, const std::string& key = "/billing/1",
             const std::set<peer>& holders = {}) {
    it.watch({sequence{at}, command_id{"c"}, home.id, 1, now, {{key, "v", {}}}},
             holders, now, out);
  }

  void acknowledge(const peer& who, uint64_t at) {
    it.on_observed(who, {{shard_id{0}, term{5}, {}, home.run}, sequence{at}},
                   now);
  }

  std::vector<acknowledgement> acks(uint64_t at) const {
    std::vector<holder_ack> found;
    it.add_acknowledgements(sequence{at}, found);
    std::vector<acknowledgement> all;
    for (auto& x : found)
      all.push_back(x.ack);
    return all;
  }

  template <class T>
  std::vector<T> sent() const {
    return messages_in<T>(out);
  }

  template <class T>
  size_t count() const {
    return count_in<T>(out);
  }

  bool open(uint64_t at) const {
    return it.is_open(sequence{at});
  }
};

} // namespace

TEST_CASE("observers: an entry waits for the machine that is named") {
  fixture x;
  x.watch(7);
  REQUIRE(x.sent<observe>().size() == 1);
  auto told = x.sent<observe>()[0];
  CHECK(told.link.to == x.m5.run);
  CHECK(told.keys == std::vector<std::string>{"/billing/1"});
  CHECK(told.policies == std::vector<std::string>{"a: audit"});
  CHECK(x.open(7));
  x.now += 30ms;
  x.acknowledge(x.m5, 7);
  CHECK(!x.open(7));
  REQUIRE(x.acks(7).size() == 1);
  CHECK(x.acks(7)[0].after_ns == 30'000'000);
  CHECK(!x.acks(7)[0].expelled);
}

TEST_CASE("observers: other keys and Muster's own are not told") {
  fixture x;
  x.watch(7, "/billings/1");
  x.it.set_policies({{"all", "/", {x.m5.id}, "audit"}});
  x.watch(8, "/muster/agents/a");
  CHECK(x.out.empty());
  CHECK(!x.open(7));
  x.watch(9, "/anything");
  CHECK(x.open(9));
}

TEST_CASE("observers: a policy of another shard changes nothing here") {
  shard_observers it{shard_id{0}, {}, {8, 1s, 400ms}};
  std::string there = "/k/a";
  for (int i = 0; shard_of(there, 8) == shard_id{0}; ++i)
    there = "/k/" + std::to_string(i);
  CHECK(!it.set_policies({{"a", there, {machine_id{"m5"}}, "audit"}}));
  CHECK(it.prefixes().empty());
  CHECK(it.set_policies({{"a", "/k", {machine_id{"m5"}}, "audit"}}));
}

TEST_CASE("observers: a holder and the home take part once") {
  fixture x;
  x.name({x.m5.id, x.home.id});
  x.watch(7, "/billing/1", {x.m5});
  CHECK(x.out.empty());
  CHECK(!x.open(7));
  CHECK(x.it.enlisted({{"/billing/1", "", {}}}).size() == 2);
}

TEST_CASE("observers: another incarnation does not answer") {
  fixture x;
  x.watch(7);
  x.acknowledge({x.m5.id, incarnation{4}}, 7);
  CHECK(x.open(7));
}

TEST_CASE("observers: an answer to another term does not count (I5)") {
  fixture x;
  x.watch(7);
  x.it.on_observed(x.m5, {{shard_id{0}, term{4}, {}, x.home.run}, sequence{7}},
                   x.now);
  CHECK(x.open(7));
}

TEST_CASE("observers: what was lost is sent again") {
  fixture x;
  x.watch(7);
  x.out.clear();
  x.now += 401ms;
  x.it.on_tick(x.now, x.out);
  CHECK(x.sent<observe>().size() == 1);
  x.out.clear();
  x.it.on_link_up(x.m5, x.now, x.out);
  CHECK(x.sent<observe>().size() == 1);
}

TEST_CASE("observers: who is silent delays the first command only (T6)") {
  fixture x;
  x.watch(7);
  x.watch(8);
  x.now += 1001ms;
  x.it.on_tick(x.now, x.out);
  CHECK(!x.open(7));
  CHECK(!x.open(8));
  CHECK(x.acks(7)[0].expelled);
  CHECK(x.count<observer_silent>() == 1);
  x.out.clear();
  x.watch(9);
  CHECK(!x.open(9));
  CHECK(x.acks(9)[0].expelled);
  CHECK(x.sent<observe>().size() == 1); // it may be back
  x.it.on_tick(x.now, x.out);
  CHECK(x.count<observer_silent>() == 0);
}

TEST_CASE("observers: a sign of life brings it back") {
  fixture x;
  x.it.on_silent(x.m5, x.now);
  x.watch(7);
  CHECK(!x.open(7));
  SECTION("a late answer") {
    x.acknowledge(x.m5, 7);
  }
  SECTION("a new connection") {
    x.it.on_link_up(x.m5, x.now, x.out);
  }
  x.watch(8);
  CHECK(x.open(8));
}

TEST_CASE("observers: a newer incarnation is asked, the old one is expelled") {
  fixture x;
  x.watch(7);
  const peer again{x.m5.id, incarnation{9}};
  x.it.on_members({{x.home, "h:1"}, {again, "h:5"}});
  CHECK(!x.open(7));
  CHECK(x.acks(7)[0].expelled);
  x.watch(8);
  CHECK(x.sent<observe>().back().link.to == again.run);
  CHECK(x.open(8));
}

TEST_CASE("observers: nobody of that id is reported once, and not waited for") {
  fixture x;
  x.name({machine_id{"m9"}});
  x.watch(7);
  x.watch(8);
  CHECK(!x.open(7));
  CHECK(x.count<note_effect>() == 1);
  REQUIRE(x.acks(7).size() == 1);
  CHECK(x.acks(7)[0].expelled);
  auto named = x.it.enlisted({{"/billing/1", "", {}}});
  REQUIRE(named.size() == 1);
  CHECK(named[0].who.run == incarnation{});
}

TEST_CASE("observers: who was told hears of the commit") {
  fixture x;
  x.watch(7);
  x.acknowledge(x.m5, 7);
  x.it.on_committed(sequence{7}, x.out);
  REQUIRE(x.sent<observe_done>().size() == 1);
  CHECK(x.sent<observe_done>()[0].upto == sequence{7});
  x.out.clear();
  x.it.on_committed(sequence{8}, x.out);
  CHECK(x.out.empty());
}
