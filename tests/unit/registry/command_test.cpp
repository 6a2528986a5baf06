// SPDX-License-Identifier: Apache-2.0
#include "registry/command.hpp"
#include "registry/key.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace muster;

namespace {

struct fixed_state : record_source {
  std::map<std::string, record> records;

  const record* find(const std::string& key) const override {
    auto i = records.find(key);
    return i == records.end() ? nullptr : &i->second;
  }
};

command put(const std::string& key, const std::string& value = "v") {
  operation op;
  op.key = key;
  op.value = value;
  return command{command_id{"m1.1.1"}, {}, {op}};
}

command add(int64_t delta, int64_t floor = INT64_MIN,
            int64_t ceiling = INT64_MAX) {
  auto x = put("/n", "");
  x.operations[0].kind = operation_kind::add;
  x.operations[0].delta = delta;
  x.operations[0].floor = floor;
  x.operations[0].ceiling = ceiling;
  return x;
}

command guarded(guard_kind kind, uint64_t version = 0,
                const std::string& value = "") {
  auto x = put("/a");
  x.guards.push_back(guard{kind, "/a", sequence{version}, value});
  return x;
}

std::string refusal(const command& x, const fixed_state& state) {
  return evaluate(x, state).refusal;
}

} // namespace

TEST_CASE("command: the id tells its origin") {
  CHECK(origin_of(command_id{"m1.3.77"}) == machine_id{"m1"});
  CHECK(origin_of(command_id{"rack.1.m1.3.77"}) == machine_id{"rack.1.m1"});
  CHECK(origin_of(command_id{"=mine"}) == machine_id{});
  CHECK(origin_of(command_id{"7"}) == machine_id{});
  CHECK(is_client_id(command_id{"=mine"}));
}

TEST_CASE("command: a digest tells a client's commands apart") {
  auto first = put("/a", "1");
  CHECK(digest_of(first) == 0); // no other command can have the machine's id
  first.id = command_id{"=mine"};
  std::set<uint32_t> digests{0, digest_of(first)};
  auto differs = [&](const command& x) {
    return digests.insert(digest_of(x)).second;
  };
  auto other = first;
  CHECK_FALSE(differs(other));
  other.id = command_id{"=another"};
  CHECK_FALSE(differs(other)); // the same work
  other.operations[0].value = "2";
  CHECK(differs(other));
  other.operations[0].kind = operation_kind::erase;
  CHECK(differs(other));
  other.operations[0].key = "/b";
  CHECK(differs(other));
  other.operations[0].ceiling = 7;
  CHECK(differs(other));
  other.guards.push_back({guard_kind::version, "/a", sequence{1}, {}});
  CHECK(differs(other));
  other.guards[0].version = sequence{2};
  CHECK(differs(other));
  other.guards[0].kind = guard_kind::absent;
  CHECK(differs(other));
  std::swap(other.guards[0].key, other.guards[0].value);
  CHECK(differs(other));
}

TEST_CASE("command: what breaks a rule is refused before it travels") {
  CHECK(check_command(put("/a"), 8));
  CHECK_FALSE(check_command(put("a"), 8));
  CHECK_FALSE(check_command(command{command_id{"x"}, {}, {}}, 8));
  auto nameless = put("/a");
  nameless.id = {};
  CHECK_FALSE(check_command(nameless, 8));
  auto twice = put("/a");
  twice.operations.push_back(twice.operations[0]);
  CHECK_FALSE(check_command(twice, 8));
}

TEST_CASE("command: every limit is the last size that passes") {
  CHECK(check_command(put("/a", std::string(value_bytes_max, 'x')), 1));
  CHECK_FALSE(
    check_command(put("/a", std::string(value_bytes_max + 1, 'x')), 1));
  auto many = put("/a");
  many.guards.resize(command_parts_max - 1,
                     guard{guard_kind::absent, "/a", {}, {}});
  CHECK(check_command(many, 1));
  many.guards.push_back(many.guards.back());
  CHECK_FALSE(check_command(many, 1));
  auto named = put("/a");
  named.id.value = std::string(command_id_bytes_max + 1, 'x');
  CHECK_FALSE(check_command(named, 1));
}

TEST_CASE("command: of several shards the lowest one decides") {
  auto x = put("/a/b");
  for (auto i = 0;
       shard_of("/k/" + std::to_string(i), 64) == shard_of("/a/b", 64); ++i)
    continue;
  auto other = std::string{"/k/0"};
  while (shard_of(other, 64) == shard_of("/a/b", 64))
    other += "x";
  x.guards.push_back(guard{guard_kind::absent, other, {}, {}});
  auto lowest = std::min(shard_of("/a/b", 64), shard_of(other, 64));
  CHECK(*check_command(x, 64) == lowest);
  CHECK(check_command(x, 1));
}

TEST_CASE("command: other operations need a guard") {
  auto x = put("/a");
  x.otherwise = {{operation_kind::put, "/b", "1"}};
  CHECK_FALSE(check_command(x, 1));
  x.guards.push_back({guard_kind::absent, "/a", {}, {}});
  CHECK(check_command(x, 1));
  x.operations.clear(); // nothing is done if the guards hold
  CHECK(check_command(x, 1));
  x.otherwise.push_back({operation_kind::erase, "/b", {}});
  CHECK_FALSE(check_command(x, 1)); // twice
}

TEST_CASE("command: the other operations are done if a guard does not hold") {
  fixed_state state;
  state.records["/a"] = {"1", sequence{4}};
  auto x = put("/a");
  x.guards.push_back({guard_kind::absent, "/a", {}, {}});
  CHECK_FALSE(evaluate(x, state).refusal.empty());
  x.otherwise = {{operation_kind::add, "/b", {}, 2}};
  auto made = evaluate(x, state);
  CHECK(made.refusal.empty());
  CHECK(made.otherwise);
  REQUIRE(made.effects.size() == 1);
  CHECK(made.effects[0].key == "/b");
  CHECK(made.counters == std::vector<int64_t>{2});
}

TEST_CASE("command: guards compare versions, values and absence") {
  fixed_state state;
  CHECK(refusal(guarded(guard_kind::absent), state).empty());
  CHECK(refusal(guarded(guard_kind::version, 0), state).empty());
  CHECK_FALSE(refusal(guarded(guard_kind::value), state).empty());
  state.records["/a"] = record{"old", sequence{5}};
  CHECK_FALSE(refusal(guarded(guard_kind::absent), state).empty());
  CHECK(refusal(guarded(guard_kind::version, 5), state).empty());
  CHECK_FALSE(refusal(guarded(guard_kind::version, 4), state).empty());
  CHECK(refusal(guarded(guard_kind::value, 0, "old"), state).empty());
}

TEST_CASE("command: add keeps floor and ceiling, absent counts as 0") {
  fixed_state state;
  CHECK(evaluate(add(5), state).counters == std::vector<int64_t>{5});
  state.records["/n"] = record{"-3", sequence{1}};
  CHECK(evaluate(add(3, 0, 0), state).effects[0].value == "0");
  CHECK_FALSE(refusal(add(2, 0), state).empty());
  CHECK_FALSE(refusal(add(4, 0, 0), state).empty());
}

TEST_CASE("command: add refuses overflow and what is no counter") {
  fixed_state state;
  state.records["/n"] = record{std::to_string(INT64_MAX), sequence{1}};
  CHECK_FALSE(refusal(add(1), state).empty());
  for (auto text : {"", "1x", "x", "9223372036854775808"}) {
    state.records["/n"] = record{text, sequence{1}};
    CHECK_FALSE(refusal(add(1), state).empty());
  }
}

TEST_CASE("command: a refused command has no effects at all") {
  auto x = put("/n/a");
  x.operations.push_back(add(-1, 0).operations[0]);
  auto made = evaluate(x, fixed_state{});
  CHECK_FALSE(made.refusal.empty());
  CHECK(made.effects.empty());
  CHECK(made.counters.empty());
}
