// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/pair_of_shards.hpp"

using namespace muster;
using namespace muster::test;

// -- taking part --------------------------------------------------------------

TEST_CASE("transactions: a vote waits for backups (P1)") {
  pair_of_shards all;
  all.hold_disk(2);
  auto x = all.part(put_command("t", here, "1"));
  CHECK_FALSE(all.prepare(x));
  all.sync(2);
  all.drain();
  auto told = all.take_told<part_vote>();
  REQUIRE(told);
  CHECK(told->what == vote_kind::yes);
  CHECK(all.prepare(x)->what == vote_kind::yes); // asked again
}

TEST_CASE("transactions: a vote waits for holders (P1)") {
  pair_of_shards all{4};
  all.pin(3, here);
  REQUIRE(all.run_until([&] { return all.read(3, here) == "absent"; }));
  all.loses = [](auto from, auto, auto& what) {
    return from == 3 && std::holds_alternative<invalidate_ack>(what);
  };
  auto x = all.part(put_command("t", here, "1"));
  CHECK_FALSE(all.prepare(x));
  CHECK(all.read(3, here) == "silent");
  all.loses = nullptr;
  REQUIRE(all.run_until([&] { return !all.to_others.empty(); }));
  CHECK(all.take_told<part_vote>()->what == vote_kind::yes);
}

TEST_CASE("transactions: locked keys are silent until the decision (P2)") {
  pair_of_shards all{4};
  all.pin(3, here);
  CHECK(all.put(here, "0") == "committed");
  auto version = all.context(0).state.find(here)->version;
  auto x = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(x));
  all.run(3s);
  for (size_t i = 0; i < 4; ++i)
    CHECK(all.read(i, here) == "silent");
  CHECK(all.put(here, "2") == "unavailable");
  CHECK(all.put(near, "2") == "committed");
  SECTION("committed") {
    all.decide(x, true);
    all.run(1s);
    for (size_t i = 0; i < 4; ++i)
      CHECK(all.read(i, here) == "1");
    auto told = all.take_told<part_done>();
    REQUIRE(told);
    CHECK(told->attempt == x.attempt);
  }
  SECTION("aborted") {
    all.decide(x, false);
    all.run(1s);
    for (size_t i = 0; i < 4; ++i)
      CHECK(all.read(i, here) == "0");
    CHECK(all.context(0).state.find(here)->version == version);
  }
}

TEST_CASE("transactions: a guarded key is locked (P2)") {
  pair_of_shards all;
  command x;
  x.id = command_id{"t"};
  x.guards.push_back({guard_kind::absent, here, {}, {}});
  auto asked = all.part(x);
  REQUIRE(all.prepare(asked)->what == vote_kind::yes);
  CHECK(all.put(here, "2") == "unavailable");
  all.decide(asked, true);
  CHECK(all.put(here, "2") == "committed");
}

TEST_CASE("transactions: a copy that is granted meanwhile is silent (P2)") {
  pair_of_shards all{4};
  CHECK(all.put(here, "0") == "committed");
  auto x = all.part(create_command("t", near, "1"));
  x.what.guards.push_back({guard_kind::value, here, {}, "0"});
  REQUIRE(all.prepare(x)->what == vote_kind::yes);
  all.pin(3, "/");
  all.run(3s);
  CHECK(all.read(3, here) == "silent");
  CHECK(all.read(3, near) == "silent"); // absent, and locked
  all.decide(x, true);
  all.run(1s);
  CHECK(all.read(3, here) == "0");
  CHECK(all.read(3, near) == "1");
}

TEST_CASE("transactions: a guard that does not hold is told (C3)") {
  pair_of_shards all;
  CHECK(all.put(here, "0") == "committed");
  auto told = all.prepare(all.part(create_command("t", here, "1")));
  REQUIRE(told);
  CHECK(told->what == vote_kind::refused);
  CHECK(told->detail
        == "guard on " + here + ": expected absent, found version "
             + std::to_string(all.context(0).state.find(here)->version.value));
}

TEST_CASE("transactions: another attempt finds the lock") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(x)->what == vote_kind::yes);
  auto second = all.part(put_command("t", here, "1"), 8);
  CHECK(all.prepare(second)->what == vote_kind::later);
  // It does not decide the first one.
  all.tell_home(
    part_decision{only_shard, second.attempt, x.what.id, true, false});
  all.drain();
  CHECK(all.read(0, here) == "silent");
}

TEST_CASE("transactions: a new primary keeps the lock and asks (P4)") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(x)->what == vote_kind::yes);
  all.fail_over();
  all.run(1s);
  auto asked = all.take_told<part_question>();
  REQUIRE(asked);
  CHECK(asked->attempt == x.attempt);
  CHECK(all.read(1, here) == "silent");
  CHECK(all.write(1, put_command("c", here, "2")) == "unavailable");
  all.decide(x, true);
  CHECK(all.read(*all.primary(), here) == "1");
}

TEST_CASE("transactions: a part that is over is not begun again") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(x));
  all.decide(x, true);
  CHECK(all.put(here, "2") == "committed");
  CHECK(all.prepare(x)->what == vote_kind::later);
  CHECK(all.read(0, here) == "2");
}

TEST_CASE("transactions: a replaced disk gets the locks") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(x));
  all.replace_disk(2);
  REQUIRE(all.run_until([&] {
    return all.assigned().has({all.at(2).self.id, all.at(2).store});
  }));
  all.run(1s);
  CHECK(all.context(2).locked.count(here) == 1);
  CHECK(all.read(2, here) == "silent");
  all.decide(x, true);
  all.run(1s);
  CHECK(all.read(2, here) == "1");
}

TEST_CASE("transactions: readers get their turn") {
  pair_of_shards all;
  auto first = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(first)->what == vote_kind::yes);
  all.tell_home(list_request{1, only_shard, "/"});
  all.decide(first, true);
  // No other lock before the reader has come again.
  auto next = all.part(put_command("u", near, "1"), 8);
  auto told = all.prepare(next);
  REQUIRE(told);
  CHECK(told->what == vote_kind::later);
  CHECK(told->detail == "a read of / comes first");
  CHECK(all.put(here, "2") == "committed"); // no lock
  all.run(100ms);
  CHECK(all.prepare(next)->what == vote_kind::yes);
}

// -- one id, two commands -----------------------------------------------------

TEST_CASE("transactions: a part of another command under a prepared id") {
  pair_of_shards all;
  auto first = all.part(put_command("t", here, "1"));
  REQUIRE(all.prepare(first)->what == vote_kind::yes);
  auto second = all.part(put_command("t", near, "2"), 8);
  CHECK(all.prepare(second)->what == vote_kind::later);
  all.decide(first, true);
  CHECK(all.read(0, here) == "1");
  CHECK(all.put(here, "3") == "committed"); // its lock is gone
}

TEST_CASE("transactions: the id of a part is taken by a command") {
  pair_of_shards all;
  auto x = all.part(put_command("=t", here, "1"));
  REQUIRE(all.prepare(x)->what == vote_kind::yes);
  all.decide(x, true);
  auto slot = all.submit(1, put_command("=t", near, "2"));
  all.drain();
  REQUIRE(all.find_verdict(slot));
  CHECK(all.find_verdict(slot)->id_reused);
  CHECK(all.read(0, near) == "absent");
}

// -- bad and late words -------------------------------------------------------

TEST_CASE("transactions: nobody else decides what is decided here") {
  pair_of_shards all;
  auto name = all.begin(put_both("t", "1"));
  all.tell_home(part_decision{only_shard, name, command_id{"t"}, true, false});
  all.drain();
  CHECK(all.verdict_text() == "none");
  CHECK(all.read(0, here) == "silent");
  all.vote(name, vote_kind::yes);
  CHECK(all.verdict_text() == "committed");
}

TEST_CASE("transactions: a part of a shard that there is not") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  x.attempt.decider = shard_id{2};
  CHECK_FALSE(all.prepare(x));
  CHECK(all.put(here, "2") == "committed");
}

TEST_CASE("transactions: with all votes time does not abort it") {
  pair_of_shards all;
  all.hold_disk(1);
  all.hold_disk(2);
  auto name = all.begin(put_both("t", "1"));
  all.vote(name, vote_kind::yes);
  all.hold_disk(0);
  all.run(of_two().votes_max + 100ms);
  for (size_t i = 0; i < 3; ++i)
    all.sync(i);
  CHECK(all.run_until([&] { return all.verdict_text() != "none"; }));
  CHECK(all.verdict_text() == "committed");
}

TEST_CASE("transactions: what is locked fits into a message") {
  pair_of_shards all;
  command x;
  x.id = command_id{"t"};
  x.operations.push_back({operation_kind::put, there, "1"});
  for (int i = 0; i < 9; ++i) {
    auto key = key_in(only_shard, i);
    REQUIRE(all.put(key, std::string(value_bytes_max, 'v')) == "committed");
    x.guards.push_back(
      {guard_kind::version, key, all.context(0).state.find(key)->version, {}});
  }
  all.slot = all.submit(0, x);
  all.drain();
  CHECK(all.verdict_text() == "refused");
  x.id = command_id{"u"};
  x.guards.pop_back();
  x.guards.pop_back();
  auto slot = all.submit(0, x);
  all.drain();
  CHECK_FALSE(all.find_verdict(slot)); // it waits for the other shard
}

TEST_CASE("transactions: the agent knows whose command a part is of") {
  pair_of_shards all;
  auto x = all.part(put_command("t", here, "1"));
  x.slot = 42;
  REQUIRE(all.prepare(x));
  REQUIRE(!all.watched.empty());
  // A switch tells the origin who is behind it.
  CHECK(all.watched.back().origin == machine_id{"m1"});
  CHECK(all.watched.back().slot == 42);
}
