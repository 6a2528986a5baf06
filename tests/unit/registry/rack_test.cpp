// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/rack.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;
using namespace std::chrono_literals;

TEST_CASE("rack: machines behind a switch have its copies") {
  rack x{2};
  CHECK(x.read(x.s) == "1");
  CHECK(x.read(x.leaf(1)) == "1");
  CHECK(x.read(x.leaf(2)) == "1");
  CHECK(x.at_home.holder_count() == 1);
  CHECK(x.at_switch.holder_count() == 2);
}

TEST_CASE("rack: a write reaches everybody behind the switch") {
  rack x{2};
  auto at = x.prepare("/a", "2");
  x.settle();
  CHECK(x.ready == at);
  CHECK(x.read(x.leaf(1)) == "silent");
  CHECK(x.read(x.leaf(2)) == "silent");
  x.commit(at);
  x.settle();
  CHECK(x.read(x.leaf(1)) == "2");
  CHECK(x.read(x.leaf(2)) == "2");
  CHECK(x.read(x.s) == "2");
}

TEST_CASE("rack: the switch acknowledges when each of its holders has (S1)") {
  rack x{2};
  x.cut = {x.leaf(2).id};
  auto at = x.prepare("/a", "2");
  x.settle();
  CHECK(x.read(x.leaf(1)) == "silent");
  CHECK(x.ready < at);
  x.cut.clear();
  x.pass(300ms); // it is told again
  CHECK(x.ready == at);
}

TEST_CASE("rack: a dead machine is waited for until its lease is over (S1)") {
  rack x{2};
  x.cut = {x.leaf(2).id};
  auto at = x.prepare("/a", "2");
  x.pass(600ms);
  REQUIRE(x.ending.size() == 1); // expelled by the switch
  x.end_at_switch(x.leaf(2), x.now + 1s);
  x.pass(950ms);
  CHECK(x.ready < at);
  x.pass(100ms);
  CHECK(x.ready == at);
  CHECK(x.at_home.holder_count() == 1); // the switch is none of the dead
}

TEST_CASE("rack: a switch that says that it waits is not expelled (T6)") {
  rack x{1};
  x.cut = {x.leaf(1).id};
  x.prepare("/a", "2");
  x.pass(600ms);
  x.end_at_switch(x.leaf(1), x.now + 20s);
  x.ending.clear();
  x.pass(3s);
  CHECK(x.count<rack_waiting>(x.home.id) > 5);
  CHECK(x.ending.empty());
  x.pass(1s); // but not for ever
  CHECK(x.ending.size() == 1);
  CHECK(x.ending[0].who == x.s);
}

TEST_CASE("rack: a switch that says nothing is expelled as others are (T6)") {
  rack x{1};
  x.cut = {x.s.id};
  x.prepare("/a", "2");
  x.pass(1100ms);
  auto of_switch = [&](auto& y) { return y.who == x.s; };
  CHECK(std::count_if(x.ending.begin(), x.ending.end(), of_switch) == 1);
}

TEST_CASE("rack: who comes during a write is silent from the first instant") {
  rack x{2};
  x.cut = {x.leaf(2).id}; // does not know that the switch dropped it
  copy_effects gone;
  x.copies(x.leaf(2)).unpin("/", gone);
  x.cut.clear();
  x.take(x.leaf(2), gone);
  x.pass(100ms);
  auto at = x.prepare("/a", "2");
  x.settle();
  REQUIRE(x.ready == at); // the switch has acknowledged
  copy_effects again;
  x.copies(x.leaf(2)).pin("/", x.now, again);
  x.take(x.leaf(2), again);
  auto served = std::string{};
  do {
    served += x.read(x.leaf(2)) == "1" ? "stale " : "";
  } while (x.step());
  CHECK(served.empty());
  CHECK(x.read(x.leaf(2), "/b") == "absent"); // it has its copy
  CHECK(x.read(x.leaf(2)) == "silent");
  x.commit(at);
  x.settle();
  CHECK(x.read(x.leaf(2)) == "2");
}

TEST_CASE("rack: who misses the end of a write asks again") {
  rack x{2};
  copy_effects effects;
  x.copies(x.leaf(2)).unpin("/", effects);
  x.take(x.leaf(2), effects);
  x.pass(100ms);
  auto at = x.prepare("/a", "2");
  x.settle();
  x.copies(x.leaf(2)).pin("/", x.now, effects);
  x.take(x.leaf(2), effects);
  while (x.read(x.leaf(2), "/b") != "absent" && x.step())
    ; // until it has its copy, and not the invalidation
  x.cut = {x.leaf(2).id};
  x.commit(at);
  x.settle();
  x.cut.clear();
  x.pass(100ms);
  CHECK(x.read(x.leaf(2)) == "silent");
  x.pass(4s);
  CHECK(x.read(x.leaf(2)) == "2");
}

TEST_CASE("rack: who comes during a write is waited for (D3, S1)") {
  rack x{3};
  copy_effects gone;
  x.copies(x.leaf(2)).unpin("/", gone);
  x.take(x.leaf(2), gone);
  x.pass(100ms);
  x.cut = {x.leaf(3).id};
  auto at = x.prepare("/a", "2");
  x.settle();
  REQUIRE(x.ready < at);
  copy_effects again;
  x.copies(x.leaf(2)).pin("/", x.now, again);
  x.take(x.leaf(2), again);
  x.settle();
  x.cut = {x.leaf(2).id}; // has the grant and the invalidation, or not
  x.pass(250ms); // leaf 3 is told again
  CHECK(x.read(x.leaf(3)) == "silent");
  CHECK(x.read(x.leaf(2)) != "1");
}

TEST_CASE("rack: the story has the machines behind the switch") {
  rack x{2};
  auto at = x.prepare("/a", "2");
  x.settle();
  CHECK(x.count<enlist>(machine_id{"o"}) == 1);
  std::set<peer> heard;
  for (auto& y : x.acks)
    if (y.at.value == at)
      heard.insert(y.ack.who);
  CHECK(heard == std::set{x.s, x.leaf(1), x.leaf(2)});
}

TEST_CASE("rack: copies of a session that is over are waited for (T4, D4)") {
  rack x{1};
  x.cut = {x.leaf(1).id}; // goes on serving under its lease
  x.lose_cover();
  x.pass(100ms);
  x.regain_cover(); // the same session with the home
  x.pass(500ms);
  CHECK(x.read(x.leaf(1)) == "1");
  auto at = x.prepare("/a", "2");
  x.pass(100ms);
  CHECK(x.ready < at);
  x.end_at_switch(x.leaf(1), x.now + 1s);
  x.pass(900ms);
  CHECK(x.ready < at);
  x.pass(200ms);
  CHECK(x.ready == at);
}

TEST_CASE("rack: after a lost session everybody has copies again") {
  rack x{2};
  x.lose_cover();
  x.pass(100ms);
  x.regain_cover();
  x.end_at_switch(x.leaf(1), x.now);
  x.end_at_switch(x.leaf(2), x.now);
  x.pass(1500ms);
  CHECK(x.read(x.leaf(1)) == "1");
  x.write("/a", "2");
  CHECK(x.read(x.leaf(1)) == "2");
  CHECK(x.read(x.leaf(2)) == "2");
}

TEST_CASE("rack: a fence is answered after the rack has (F2)") {
  rack x{2};
  x.cut = {x.leaf(2).id};
  x.send(x.home, x.s.id, fence{shard_id{0}, term{9}, x.s.run});
  x.settle();
  CHECK(x.read(x.s) == "silent");
  CHECK(x.read(x.leaf(1)) == "silent");
  CHECK(x.fences.empty());
  x.end_at_switch(x.leaf(2), x.now + 1s);
  x.pass(900ms);
  CHECK(x.fences.empty());
  x.pass(150ms);
  REQUIRE(x.fences.size() == 1);
  CHECK(x.fences[0].from == x.home);
  CHECK(x.fences[0].what.of == term{9});
}

TEST_CASE("rack: a fence with nobody behind is answered at once") {
  rack x{0};
  x.send(x.home, x.s.id, fence{shard_id{0}, term{9}, x.s.run});
  x.settle();
  CHECK(x.fences.size() == 1);
}

TEST_CASE("rack: the switch gives a copy up when nobody wants it any more") {
  rack x{2};
  auto drop = [&](size_t number) {
    copy_effects gone;
    x.copies(x.leaf(number)).unpin("/", gone);
    x.take(x.leaf(number), gone);
  };
  drop(1);
  x.pass(6s);
  CHECK(x.count<copy_drop>(x.home.id) == 0);
  drop(2);
  x.pass(3s); // somebody may want it again
  CHECK(x.count<copy_drop>(x.home.id) == 0);
  x.pass(3s);
  CHECK(x.count<copy_drop>(x.home.id) == 1);
  CHECK(x.read(x.s) == "silent");
}

TEST_CASE("rack: a copy that may still be served is not given up (D4)") {
  rack x{1};
  x.cut = {x.leaf(1).id};
  x.prepare("/a", "2");
  x.pass(10s); // expelled, and its lease is not known to be over
  CHECK(x.count<copy_drop>(x.home.id) == 0);
}

TEST_CASE("rack: without its switch a machine goes to the home (D5)") {
  rack x{1};
  x.cut = {x.s.id};
  x.pass(4s);
  CHECK(x.read(x.leaf(1)) == "1");
  CHECK(x.at_home.lists(x.leaf(1), "/a"));
  x.cut.clear();
  x.pass(20s);
  CHECK(x.read(x.leaf(1)) == "1");
  CHECK_FALSE(x.at_home.lists(x.leaf(1), "/a"));
  CHECK(x.at_switch.lists(x.leaf(1), "/a"));
}

TEST_CASE("rack: a machine without an answer from the switch is silent first") {
  rack x{1};
  x.cut = {x.s.id};
  x.sent.clear();
  x.pass(1600ms);
  CHECK(x.count<copy_request>(x.home.id) > 0);
  CHECK(x.count<copy_drop>(x.s.id) == 1); // lost, or not
}

TEST_CASE("rack: a write costs the home a message for each switch") {
  // 960 machines behind 40 switches: each of these racks is the home's holder
  // once.
  rack x{24};
  x.sent.clear();
  x.write("/a", "2");
  CHECK(x.count<invalidate>(x.s.id) == 1);
  CHECK(x.count<validate>(x.s.id) == 1);
  CHECK(x.count<invalidate_ack>(x.home.id) == 1);
  for (size_t i = 1; i <= 24; ++i) {
    CHECK(x.count<invalidate>(x.leaf(i).id) == 1);
    CHECK(x.read(x.leaf(i)) == "2");
  }
}

TEST_CASE("rack: entries out of their order are waited for too (S1)") {
  rack x{1};
  auto first = x.prepare("/a", "2");
  x.settle();
  auto second = x.prepare("/a", "3");
  x.cut = {x.leaf(1).id};
  x.pass(100ms);
  CHECK(x.ready == first);
  x.cut.clear();
  x.pass(250ms);
  CHECK(x.ready == second);
  x.commit(second);
  x.settle();
  CHECK(x.read(x.leaf(1)) == "3");
}

TEST_CASE("rack: a first attempt passes the switch, and is enlisted there") {
  rack x{2};
  command what;
  what.id = command_id{"id"};
  what.operations.push_back({operation_kind::put, "/a", "9"});
  x.sent.clear();
  x.send(x.leaf(1), x.s.id, submit{shard_id{0}, 3, what, 1, {}});
  x.settle();
  CHECK(x.count<relayed>(x.home.id) == 1);
  CHECK(x.count<enlist>(x.leaf(1).id) == 2); // by the switch, by the home
}

TEST_CASE("rack: nobody but its switch speaks for a machine") {
  rack x{1};
  command what;
  what.id = command_id{"id"};
  what.operations.push_back({operation_kind::put, "/a", "9"});
  x.sent.clear();
  relayed false_one{x.leaf(1), {shard_id{0}, 3, what, 1, {}}};
  x.send(x.leaf(1), x.home.id, false_one);
  x.settle();
  CHECK(x.count<enlist>(x.leaf(1).id) == 0);
  x.send(x.s, x.home.id, relayed{{machine_id{"l7"}, {}}, false_one.what});
  x.settle();
  CHECK(x.count<enlist>(machine_id{"l7"}) == 0);
}
