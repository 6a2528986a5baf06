// SPDX-License-Identifier: Apache-2.0
#include "registry/transaction_rows.hpp"
#include "tests/unit/registry/pair_of_shards.hpp"

using namespace muster;
using namespace muster::test;

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
