// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/allocations.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/http/fake_machine.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace muster;
using muster::testing::eventually;
using muster::testing::fake_machine;

namespace {

constexpr std::chrono::seconds patience{5};
constexpr uint64_t capacity = 1000;

struct fixture {
  fake_machine node;
  std::optional<allocations> places;

  /// A machine with one device and its counters.
  void add(const std::string& id, bool started = true) {
    auto at = "/machines/" + id;
    node.plant(at, R"({"cores":4,"rack":"r"})");
    node.plant(at + "/devices/d",
               R"({"kind":"nvme","capacity_bytes":1000,"latency_ns":80000})");
    if (!started)
      return;
    node.plant(at + "/alive", "");
    node.plant(at + "/free/cores", "4000");
    node.plant(free_key(id), std::to_string(capacity));
  }

  static std::string free_key(const std::string& id) {
    return "/machines/" + id + "/free/devices/d";
  }

  void start(bool ends = false) {
    places.emplace(node, allocations_options{ends});
  }

  /// m1 to m3.
  void start_three() {
    for (auto id : {"m1", "m2", "m3"})
      add(id);
    start();
  }

  result<placing> create(uint64_t bytes, const std::string& id = {},
                         uint32_t replicas = 1) {
    return places->create({id, {.capacity_bytes = bytes, .replicas = replicas}},
                          patience);
  }

  /// One that must succeed.
  allocation made(uint64_t bytes, const std::string& id = {},
                  uint32_t replicas = 1) {
    auto x = create(bytes, id, replicas);
    REQUIRE(x);
    REQUIRE(x->made);
    return *x->made;
  }

  uint64_t left(const std::string& id) {
    auto found = node.get(free_key(id), {});
    REQUIRE(found);
    return found->found ? std::stoull(found->value) : 0;
  }

  uint64_t left_of_three() {
    return left("m1") + left("m2") + left("m3");
  }

  /// Whether the counters miss what the records say.
  bool accounts_agree() {
    auto all = places->list(patience);
    REQUIRE(all);
    uint64_t reserved = 0;
    for (auto& each : *all)
      for (auto& part : each.parts)
        reserved += part.capacity_bytes;
    return reserved + left_of_three() == 3 * capacity;
  }
};

std::string machine_in(const command& x) {
  for (auto& op : x.operations)
    if (op.kind == operation_kind::add)
      return op.key.substr(10, 2);
  return {};
}

} // namespace

TEST_CASE_METHOD(fixture, "allocations: what is wanted is reserved") {
  start_three();
  auto x = made(300);
  auto& part = x.parts.at(0);
  CHECK(part.where.device == "d");
  CHECK(left(part.where.machine.value) == 700);
  CHECK(node.mirrors() == std::vector<std::string>{"/machines", "/topology"});
  auto found = places->find(x.id, patience);
  REQUIRE(found);
  CHECK(found->parts == x.parts);
  CHECK(accounts_agree());
}

TEST_CASE_METHOD(fixture, "allocations: nothing is mirrored before a request") {
  start_three();
  CHECK(node.mirrors().empty());
  CHECK(node.watchers() == 0);
}

TEST_CASE_METHOD(fixture, "allocations: the same id never reserves twice") {
  start_three();
  auto first = made(300, "mine");
  auto again = create(300, "mine");
  REQUIRE(again);
  CHECK(again->found);
  CHECK(again->made->parts == first.parts);
  CHECK(left_of_three() == 2700);
  // Another allocator, such as that of another machine.
  allocations other{node, {.ends = false}};
  auto there = other.create({"mine", {.capacity_bytes = 300}}, patience);
  REQUIRE(there);
  CHECK(there->found);
  CHECK(left_of_three() == 2700);
}

TEST_CASE_METHOD(fixture, "allocations: an id belongs to one request") {
  start_three();
  made(300, "mine");
  auto x = create(301, "mine");
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::id_reused);
  CHECK(left_of_three() == 2700);
}

TEST_CASE_METHOD(fixture, "allocations: an id that was taken meanwhile") {
  start_three();
  // The first command is overtaken by one with the same id.
  auto once = true;
  node.before_command = [&](const command&) {
    if (!std::exchange(once, false))
      return;
    allocations other{node, {.ends = false}};
    auto there = other.create({"mine", {.capacity_bytes = 300}}, patience);
    REQUIRE(there);
  };
  auto x = create(300, "mine");
  REQUIRE(x);
  CHECK(x->found);
  CHECK(left_of_three() == 2700);
}

TEST_CASE_METHOD(fixture, "allocations: a lost race goes on with the next") {
  start_three();
  std::string lost;
  node.before_command = [&](const command& x) {
    if (lost.empty()) {
      lost = machine_in(x);
      node.plant(free_key(lost), "0");
    }
  };
  auto x = create(300);
  REQUIRE(x);
  REQUIRE(x->made);
  CHECK(x->attempts == 2);
  CHECK(x->made->parts.at(0).where.machine.value != lost);
}

TEST_CASE_METHOD(fixture, "allocations: others are faster everywhere") {
  start_three();
  node.before_command = [&](const command& x) {
    node.plant(free_key(machine_in(x)), "0");
  };
  auto x = create(300);
  REQUIRE(x);
  CHECK_FALSE(x->made);
  CHECK(x->attempts <= reservation_attempts_max);
  CHECK_FALSE(x->reason.empty());
}

TEST_CASE_METHOD(fixture, "allocations: an unknown outcome is asked for") {
  start_three();
  std::vector<command_id> sent;
  node.before_command = [&](const command& x) {
    sent.push_back(x.id);
    node.answer_as = sent.size() < 3 ? outcome::unknown : outcome::committed;
  };
  auto x = create(300);
  REQUIRE(x);
  CHECK(x->made);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0] == sent[2]);
  CHECK(left_of_three() == 2700);
}

TEST_CASE_METHOD(fixture, "allocations: no word of an earlier attempt") {
  start_three();
  // The first attempt may be on its way when the second cannot be made.
  std::vector<command_id> sent;
  std::vector<outcome> told{outcome::unknown, outcome::unavailable,
                            outcome::committed};
  node.before_command = [&](const command& x) {
    node.answer_as = told.at(sent.size());
    sent.push_back(x.id);
  };
  auto x = create(300);
  REQUIRE(x);
  CHECK(x->attempts == 1);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0] == sent[2]);
  CHECK(left_of_three() == 2700);
}

TEST_CASE_METHOD(fixture, "allocations: a home that is away: the next one") {
  start_three();
  size_t sent = 0;
  node.before_command = [&](const command&) {
    node.answer_as = ++sent == 1 ? outcome::unavailable : outcome::committed;
  };
  auto x = create(300);
  REQUIRE(x);
  CHECK(x->made);
  CHECK(x->attempts == 2);
}

TEST_CASE_METHOD(fixture, "allocations: what stays unknown is said to be") {
  start_three();
  node.answer_as = outcome::unknown;
  auto x = places->create({"mine", {.capacity_bytes = 1}},
                          std::chrono::milliseconds{100});
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::unknown);
  CHECK(x.failure().message.find("alloc show mine") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "allocations: a refusal says why") {
  start_three();
  auto x = create(capacity + 1);
  REQUIRE(x);
  CHECK_FALSE(x->made);
  REQUIRE(x->why.nearest.size() == 1);
  CHECK(x->why.nearest[0].lacks.at(0).which == criterion::capacity);
  CHECK(x->reason.find("capacity excludes 3") != std::string::npos);
  CHECK(left_of_three() == 3000);
}

TEST_CASE_METHOD(fixture, "allocations: a refusal rests on all there is") {
  start_three();
  CHECK_FALSE(create(2000)->made);
  // Nobody tells the watch of it.
  node.plant("/machines/m2/devices/d", R"({"capacity_bytes":2000})");
  node.plant(free_key("m2"), "2000");
  CHECK(create(2000)->made);
}

TEST_CASE_METHOD(fixture, "allocations: released, it is given back once") {
  start_three();
  auto x = made(300, "mine");
  CHECK(places->release("mine", patience));
  CHECK(left_of_three() == 3000);
  auto again = places->release("mine", patience);
  REQUIRE_FALSE(again);
  CHECK(again.failure().code == errc::not_found);
  CHECK(left_of_three() == 3000);
  CHECK(places->find("mine", patience).failure().code == errc::not_found);
  CHECK_FALSE(create(300, "mine")->found);
}

TEST_CASE_METHOD(fixture, "allocations: two release one at the same time") {
  start_three();
  made(300, "mine");
  auto once = true;
  node.before_command = [&](const command&) {
    if (std::exchange(once, false))
      REQUIRE(places->release("mine", patience));
  };
  auto late = places->release("mine", patience);
  REQUIRE_FALSE(late);
  CHECK(late.failure().code == errc::not_found);
  CHECK(left_of_three() == 3000);
}

TEST_CASE_METHOD(fixture, "allocations: replicas come and go together") {
  start_three();
  auto x = made(300, {}, 3);
  CHECK(x.machines.size() == 3);
  CHECK(left("m1") == 700);
  CHECK(left("m3") == 700);
  auto found = places->find(x.id, patience);
  REQUIRE(found);
  CHECK(found->parts.size() == 3);
  CHECK(places->list(patience)->size() == 1);
  CHECK(places->release(x.id, patience));
  CHECK(left_of_three() == 3000);
  auto many = create(300, {}, 4);
  CHECK_FALSE(many->made);
  CHECK(many->reason.find("4 replicas") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "allocations: what was only loaded is left out") {
  add("m1");
  add("m2", false);
  start();
  CHECK(create(600)->not_started == 1);
  auto refused = create(600);
  CHECK_FALSE(refused->made);
  CHECK(refused->why.excluded.at(0).which == criterion::started);
  CHECK(refused->why.excluded.at(0).alone == 1);
  auto dry = places->explain({.capacity_bytes = 600}, true, patience);
  REQUIRE(dry);
  REQUIRE(dry->best.size() == 1);
  CHECK(dry->best[0].machine == machine_id{"m2"});
}

TEST_CASE_METHOD(fixture, "allocations: a place that nobody knows") {
  start_three();
  auto x = places->create(
    {{}, {.capacity_bytes = 1, .hops = 1, .from = "nowhere"}}, patience);
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::not_found);
}

TEST_CASE_METHOD(fixture, "allocations: what asks for nothing is refused") {
  start_three();
  auto x = places->create({{}, {}}, patience);
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::invalid_argument);
  CHECK(create(1, "a/b").failure().code == errc::invalid_argument);
}

TEST_CASE_METHOD(fixture, "allocations: the topology, by name") {
  node.plant("/topology/links/m1~s1", "");
  node.plant("/topology/links/m2~s1", "");
  add("m1");
  add("m2", false);
  start();
  auto x = places->links(patience);
  REQUIRE(x);
  REQUIRE(x->places.size() == 3);
  CHECK(x->places[0].started);
  CHECK_FALSE(x->places[1].started);
  CHECK_FALSE(x->places[2].machine);
  CHECK(x->links == std::vector<std::pair<size_t, size_t>>{{0, 2}, {1, 2}});
}

TEST_CASE_METHOD(fixture, "allocations: one with a time ends by itself") {
  add("m1");
  start(true);
  auto x = places->create(
    {"mine", {.capacity_bytes = 300, .duration = std::chrono::milliseconds{1}}},
    patience);
  REQUIRE(x);
  CHECK(eventually([&] { return left("m1") == capacity; }));
  CHECK(places->find("mine", patience).failure().code == errc::not_found);
  // One without stays while that one ends.
  made(100, "stays");
  CHECK(places->find("stays", patience));
}

TEST_CASE_METHOD(fixture, "allocations: many at once never take too much") {
  start_three();
  allocations other{node, {.ends = false}};
  std::vector<std::thread> clients;
  std::atomic<int> got{0};
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&, i] {
      auto& at = i % 2 == 0 ? *places : other;
      for (int k = 0; k < 10; ++k) {
        auto x = at.create({{}, {.capacity_bytes = 100}}, patience);
        if (x && x->made)
          ++got;
      }
    });
  for (auto& each : clients)
    each.join();
  CHECK(got == 30);
  CHECK(left_of_three() == 0);
  CHECK(accounts_agree());
}
