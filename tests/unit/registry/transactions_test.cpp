// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "registry/transaction_rows.hpp"
#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

constexpr shard_id other_shard{1};

std::string key_in(shard_id shard, int which = 0) {
  for (int i = 0;; ++i) {
    auto key = "/k" + std::to_string(i) + "/x";
    if (shard_of(key, 2) == shard && which-- == 0)
      return key;
  }
}

const std::string here = key_in(only_shard);
const std::string near = key_in(only_shard, 1);
const std::string there = key_in(other_shard);

command put_both(const std::string& id, const std::string& value) {
  auto out = put_command(id, here, value);
  out.operations.push_back({operation_kind::put, there, value});
  return out;
}

shard_options of_two() {
  shard_options out;
  out.shard_count = 2;
  return out;
}

/// One shard of two; what the other one says is up to the test.
struct pair_of_shards : trio {
  explicit pair_of_shards(size_t machine_count = 3)
    : trio(3, machine_count, of_two()) {
    REQUIRE(run_until_served());
    run(1s);
    to_others.clear();
  }

  /// An attempt that this shard decides and that waits for the other one.
  attempt_name begin(const command& x, uint32_t number = 1) {
    slot = submit(0, x, number);
    drain();
    auto asked = take_told<part_prepare>();
    REQUIRE(asked);
    return asked->attempt;
  }

  void vote(const attempt_name& name, vote_kind what, bool holds = true) {
    part_vote x;
    x.from = other_shard;
    x.attempt = name;
    x.id = command_id{"t"};
    x.what = what;
    x.detail = what == vote_kind::yes ? "" : "for a reason";
    x.planned.holds = holds;
    tell_home(x);
    drain();
  }

  std::string verdict_text() const {
    auto found = find_verdict(slot);
    return found ? to_string(found->what) : "none";
  }

  /// What the other shard is told when it asks.
  std::optional<part_decision> ask(const attempt_name& name) {
    to_others.clear();
    tell_home(part_question{only_shard, other_shard, name, command_id{"t"}});
    drain();
    return take_told<part_decision>();
  }

  /// A part of a command that the other shard decides.
  part_prepare part(const command& x, uint64_t at = 7) {
    part_prepare out;
    out.attempt = {other_shard, term{3}, sequence{at}};
    out.what = x;
    out.origin = {machine_id{"m1"}, incarnation{1}};
    return out;
  }

  std::optional<part_vote> prepare(const part_prepare& x) {
    to_others.clear();
    prepare_part(x);
    return take_told<part_vote>();
  }

  void decide(const part_prepare& x, bool committed, bool otherwise = false) {
    tell_home(
      part_decision{only_shard, x.attempt, x.what.id, committed, otherwise});
    drain();
  }

  void fail_over() {
    kill(*primary());
    REQUIRE(run_until([&] { return primary() && serves(); }));
  }

  uint64_t slot = 0;
};

} // namespace

// -- deciding -----------------------------------------------------------------

TEST_CASE("transactions: committed when the other shard has voted (P1)") {
  pair_of_shards all;
  auto name = all.begin(put_both("t", "1"));
  all.run(100ms);
  CHECK(all.verdict_text() == "none");
  CHECK(all.read(0, here) == "silent"); // P2
  all.vote(name, vote_kind::yes);
  CHECK(all.verdict_text() == "committed");
  CHECK(all.read(0, here) == "1");
  auto told = all.take_told<part_decision>();
  REQUIRE(told);
  CHECK(told->committed);
  CHECK(told->attempt == name);
}

TEST_CASE("transactions: what a refused one would have written stays") {
  pair_of_shards all;
  CHECK(all.put(here, "0") == "committed");
  auto version = all.context(0).state.find(here)->version;
  auto name = all.begin(put_both("t", "1"));
  all.vote(name, vote_kind::refused);
  CHECK(all.verdict_text() == "refused");
  CHECK(all.read(0, here) == "0");
  CHECK(all.context(0).state.find(here)->version == version);
  CHECK_FALSE(all.take_told<part_decision>()->committed);
  // A retry finds it (C3).
  CHECK(all.write(1, put_both("t", "1"), 2) == "refused");
}

TEST_CASE("transactions: an attempt after one that was aborted (P5)") {
  pair_of_shards all;
  auto first = all.begin(put_both("t", "1"));
  all.vote(first, vote_kind::later);
  CHECK(all.verdict_text() == "unavailable");
  auto second = all.begin(put_both("t", "1"), 2);
  CHECK(second != first);
  all.vote(first, vote_kind::yes); // too late
  CHECK(all.verdict_text() == "none");
  auto told = all.take_told<part_decision>();
  REQUIRE(told);
  CHECK(told->attempt == first);
  CHECK_FALSE(told->committed);
  all.vote(second, vote_kind::yes);
  CHECK(all.verdict_text() == "committed");
}

TEST_CASE("transactions: a shard that does not vote is not waited for") {
  pair_of_shards all;
  all.begin(put_both("t", "1"));
  all.run(of_two().votes_max + 200ms);
  CHECK(all.verdict_text() == "unavailable");
  CHECK(all.read(0, here) == "absent");
}

TEST_CASE("transactions: an abort is answered when it is committed (P3)") {
  pair_of_shards all;
  auto name = all.begin(put_both("t", "1"));
  all.hold_disk(1);
  all.vote(name, vote_kind::later);
  all.run(100ms);
  CHECK(all.verdict_text() == "none");
  all.sync(1);
  all.drain();
  CHECK(all.verdict_text() == "unavailable");
}

TEST_CASE("transactions: a new primary aborts what was undecided (P4)") {
  pair_of_shards all;
  auto name = all.begin(put_both("t", "1"));
  all.drain();
  all.fail_over();
  REQUIRE(all.run_until([&] { return all.read(1, here) == "absent"; }));
  auto told = all.ask(name);
  REQUIRE(told);
  CHECK_FALSE(told->committed);
  all.vote(name, vote_kind::yes); // changes nothing any more
  CHECK(all.read(1, here) == "absent");
}

TEST_CASE("transactions: an attempt that is in no log was aborted (P3)") {
  pair_of_shards all;
  auto told = all.ask({only_shard, term{1}, sequence{99}});
  REQUIRE(told);
  CHECK_FALSE(told->committed);
}

TEST_CASE("transactions: a decision is kept until all have done it (P3)") {
  pair_of_shards all;
  auto name = all.begin(put_both("t", "1"));
  all.vote(name, vote_kind::yes);
  REQUIRE(all.verdict_text() == "committed");
  all.fail_over();
  auto told = all.ask(name);
  REQUIRE(told);
  CHECK(told->committed);
  // It is told again without a question.
  all.run(of_two().resend * 2);
  CHECK(all.take_told<part_decision>());
  all.tell_home(part_done{only_shard, other_shard, name, command_id{"t"}});
  all.run(of_two().resend * 2);
  all.to_others.clear();
  all.run(of_two().resend * 2);
  CHECK_FALSE(all.take_told<part_decision>());
  CHECK(all.context(*all.primary()).state.open_decisions().empty());
}

TEST_CASE("transactions: the other operations") {
  pair_of_shards all;
  auto x = put_both("t", "1");
  x.guards.push_back({guard_kind::value, there, {}, "7"});
  x.otherwise.push_back({operation_kind::put, near, "else"});
  auto name = all.begin(x);
  all.vote(name, vote_kind::yes, false);
  CHECK(all.verdict_text() == "committed");
  CHECK(all.find_verdict(all.slot)->otherwise);
  CHECK(all.read(0, here) == "absent");
  CHECK(all.read(0, near) == "else");
  CHECK(all.take_told<part_decision>()->otherwise);
  // A retry hears the same.
  auto again = all.submit(1, x, 2);
  all.drain();
  REQUIRE(all.find_verdict(again));
  CHECK(all.find_verdict(again)->otherwise);
}

TEST_CASE("transactions: a limit counts only where it is asked") {
  pair_of_shards all;
  command x;
  x.id = command_id{"t"};
  x.operations.push_back({operation_kind::add, here, {}, -1, 0});
  x.operations.push_back({operation_kind::put, there, "1"});
  x.guards.push_back({guard_kind::absent, there, {}, {}});
  x.otherwise.push_back({operation_kind::put, near, "else"});
  SECTION("the guard holds") {
    auto name = all.begin(x);
    all.vote(name, vote_kind::yes, true);
    CHECK(all.verdict_text() == "refused");
    CHECK(all.read(0, near) == "absent");
  }
  SECTION("it does not") {
    auto name = all.begin(x);
    all.vote(name, vote_kind::yes, false);
    CHECK(all.verdict_text() == "committed");
    CHECK(all.read(0, near) == "else");
  }
}

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

// -- rows and parts -----------------------------------------------------------

TEST_CASE("transactions: rows keep everything") {
  prepared_part x;
  x.attempt = {other_shard, term{3}, sequence{7}};
  x.at = sequence{9};
  x.others = {shard_id{4}, shard_id{5}};
  x.keys = {here, near};
  x.what.holds = false;
  x.what.operations = {"a limit", {{here, "v", false, false, {}}}, {-3}};
  x.what.otherwise = {"", {{near, "", true, false, {}}}, {}};
  prepared_part part;
  CHECK(parse_row(row_of(x), part));
  CHECK(part == x);
  open_decision y{x.attempt, x.others, true};
  open_decision open;
  CHECK(parse_row(row_of(y), open));
  CHECK(open == y);
  auto row = row_of(x);
  for (size_t size = 0; size < row.size(); ++size)
    CHECK_FALSE(parse_row(row.substr(0, size), part));
  CHECK_FALSE(parse_row(row + "x", part));
}

TEST_CASE("transactions: parts make the whole") {
  auto x = put_both("t", "1");
  x.guards.push_back({guard_kind::absent, near, {}, {}});
  x.otherwise.push_back({operation_kind::erase, there, {}});
  CHECK(shards_of(x, 2) == std::vector{only_shard, other_shard});
  CHECK(*check_command(x, 2) == only_shard);
  auto first = part_of(x, only_shard, 2);
  CHECK(first.operations.size() == 1);
  CHECK(first.guards.size() == 1);
  CHECK(first.otherwise.empty());
  CHECK(check_part(first, only_shard, 2));
  CHECK_FALSE(check_part(x, only_shard, 2));
  auto second = part_of(x, other_shard, 2);
  CHECK(second.operations.size() == 1);
  CHECK(second.otherwise.size() == 1);
}

TEST_CASE("transactions: counters in the order of their operations") {
  std::vector<operation> xs{{operation_kind::add, there, {}, 1},
                            {operation_kind::add, here, {}, 1},
                            {operation_kind::put, near, "1", 0}};
  CHECK(join_counters(xs, 2, {{only_shard, {5}}, {other_shard, {9}}})
        == std::vector<int64_t>{9, 5});
}
