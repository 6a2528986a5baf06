// SPDX-License-Identifier: Apache-2.0
#include "allocator/own_inventory.hpp"
#include "runtime/inventory/inventory_records.hpp"
#include "runtime/inventory/inventory_text.hpp"
#include "tests/unit/allocator/home.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace muster;
using namespace std::chrono_literals;

namespace {

const machine_id self{"m1"};
const std::string facts = "/machines/m1";
const std::string load_key = facts + "/load";

std::string free_of(const std::string& x) {
  return facts + "/free/" + x;
}

std::string record_of(const std::string& device) {
  return facts + "/devices/" + device;
}

found_device fixed(const std::string& name, uint64_t capacity) {
  found_device out;
  out.name = name;
  out.what.path = "/srv/" + name;
  out.what.what.capacity_bytes = capacity;
  return out;
}

found_device shared(const std::string& name, uint64_t free_bytes,
                    uint32_t share) {
  auto out = fixed(name, 0);
  out.what.free_bytes = free_bytes;
  out.what.share_permille = share;
  return out;
}

/// A machine and the home of its records.
struct publisher {
  test::home at;
  inventory_text codec;
  boot_time now{100s};
  own_inventory core{self, codec, {}};
  found_inventory found;
  std::vector<command> sent;

  publisher() {
    found.machine.cores_permille = 4000;
    found.machine.memory_bytes = 8000;
    found.machine.gpus = 2;
    found.devices = {fixed("a", 1000)};
  }

  std::vector<listed_record> cut() const {
    std::vector<listed_record> out;
    for (auto& [key, x] : at.records)
      out.push_back({key, x.value, x.version});
    return out;
  }

  bool commit(const command& x) {
    return at.apply({x.guards, x.operations}).empty();
  }

  /// Everything that it wants is read and committed at once.
  void settle() {
    core.on_found(found);
    now += 2s;
    while (auto x = core.on_tick(now)) {
      REQUIRE(sent.size() < 100);
      if (!x->what) {
        core.on_records(cut(), now);
        continue;
      }
      sent.push_back(*x->what);
      core.on_answer(commit(*x->what) ? outcome::committed : outcome::refused,
                     now);
      now += 1s;
    }
  }

  /// Another incarnation.
  void restart() {
    core.~own_inventory();
    new (&core) own_inventory(self, codec, {});
    sent.clear();
    settle();
  }

  void reserve(const std::string& counter, int64_t amount) {
    command x;
    x.operations = {{operation_kind::add, free_of(counter), {}, -amount, 0}};
    REQUIRE(commit(x));
  }

  int64_t left(const std::string& counter) const {
    return at.counter(free_of(counter));
  }

  std::string text(const std::string& key) const {
    return at.records.at(key).value;
  }

  device_record device(const std::string& name) const {
    auto out = codec.device_of(text(record_of(name)));
    REQUIRE(out);
    return *out;
  }

  /// What the allocator makes of the records.
  void tell(inventory& to) const {
    for (auto& [key, x] : at.records)
      REQUIRE(apply_record(to, key, x.value));
    REQUIRE(to.check_invariants());
  }
};

} // namespace

TEST_CASE("own_inventory: records and counters of a new machine") {
  publisher x;
  x.settle();
  CHECK(x.text(facts) == R"({"cores":4,"gpus":2,"memory_bytes":8000})");
  CHECK(x.left("cores") == 4000);
  CHECK(x.left("memory") == 8000);
  CHECK(x.left("gpus/0") == 1000);
  CHECK(x.left("gpus/1") == 1000);
  CHECK_FALSE(x.at.find(free_of("gpus/2")));
  CHECK(x.left("devices/a") == 1000);
  CHECK(x.device("a").path == "/srv/a");
  CHECK(x.core.take_notes()
        == std::vector<std::string>{"machine published", "device=a published",
                                    "up to date"});
}

TEST_CASE("own_inventory: nothing is wanted before something was found") {
  publisher x;
  CHECK_FALSE(x.core.on_tick(x.now));
  x.core.on_load({500, {}, {}, {}});
  CHECK_FALSE(x.core.on_tick(x.now));
}

TEST_CASE("own_inventory: a restart changes nothing if nothing changed") {
  publisher x;
  x.found.devices.push_back(shared("b", 5000, 100));
  x.settle();
  x.reserve("cores", 1500);
  auto before = x.at.last;
  x.found.devices.back().what.free_bytes = 17; // others use the disk
  x.restart();
  CHECK(x.sent.empty());
  CHECK(x.at.last == before);
  CHECK(x.left("cores") == 2500);
}

TEST_CASE("own_inventory: capacities move counters by their difference") {
  publisher x;
  x.settle();
  x.reserve("cores", 1500);
  x.reserve("memory", 8000);
  x.reserve("gpus/1", 300);
  x.reserve("devices/a", 900);
  x.found.machine = {6000, 5000, 3, 0, {}, {}};
  x.found.devices = {fixed("a", 400)};
  x.restart();
  CHECK(x.sent.size() == 2);
  CHECK(x.left("cores") == 4500);
  CHECK(x.left("memory") == -3000); // what is reserved is more than there is
  CHECK(x.left("gpus/0") == 1000);
  CHECK(x.left("gpus/1") == 700);
  CHECK(x.left("gpus/2") == 1000);
  CHECK(x.left("devices/a") == -500);
  x.found.machine.gpus = 1;
  x.settle();
  CHECK(x.left("gpus/1") == -300);
  CHECK(x.left("gpus/2") == 0);
}

TEST_CASE("own_inventory: a late command moves nothing twice") {
  publisher x;
  x.settle();
  x.found.machine.cores_permille = 6000;
  x.core.on_found(x.found);
  auto late = x.core.on_tick(x.now);
  REQUIRE(late);
  REQUIRE(late->what);
  x.core.on_answer(outcome::unknown, x.now);
  SECTION("it comes after the one that follows it") {
    x.settle();
    CHECK(x.left("cores") == 6000);
    CHECK_FALSE(x.commit(*late->what));
    CHECK(x.left("cores") == 6000);
  }
  SECTION("it was committed") {
    CHECK(x.commit(*late->what));
    x.settle();
    CHECK(x.left("cores") == 6000);
  }
  SECTION("it comes between the look and the one that follows") {
    x.now += 2s;
    REQUIRE_FALSE(x.core.on_tick(x.now)->what);
    x.core.on_records(x.cut(), x.now);
    auto next = x.core.on_tick(x.now);
    CHECK(x.commit(*late->what));
    CHECK_FALSE(x.commit(*next->what));
    x.core.on_answer(outcome::refused, x.now);
    x.settle();
    CHECK(x.left("cores") == 6000);
  }
}

TEST_CASE("own_inventory: a device that has gone is marked, and comes back") {
  publisher x;
  x.found.devices.push_back(shared("b", 10'000, 500));
  x.settle();
  x.reserve("devices/b", 700);
  x.found.devices.pop_back();
  x.restart();
  CHECK(x.device("b").gone);
  CHECK(x.device("b").what.capacity_bytes == 0);
  CHECK(x.left("devices/b") == -700);
  x.restart(); // and it stays
  CHECK(x.sent.empty());
  x.found.devices.push_back(shared("b", 3, 500));
  x.restart();
  CHECK_FALSE(x.device("b").gone);
  CHECK(x.left("devices/b") == 4300);
}

TEST_CASE("own_inventory: a share is of what was free at first") {
  publisher x;
  x.found.devices = {shared("a", 1'000'000, 250)};
  x.settle();
  CHECK(x.left("devices/a") == 250'000);
  x.reserve("devices/a", 100'000);
  x.found.devices = {shared("a", 900'000, 100)};
  x.settle();
  CHECK(x.device("a").what.capacity_bytes == 100'000);
  CHECK(x.left("devices/a") == 0);
  x.found.devices[0].what.path = "/srv/other"; // another disk
  x.settle();
  CHECK(x.device("a").what.capacity_bytes == 90'000);
}

TEST_CASE("own_inventory: a measurement stays until it is another one") {
  publisher x;
  auto timed = [&](nanoseconds read, nanoseconds write) {
    auto& d = x.found.devices[0].what;
    d.what.latency = read;
    d.read_p99 = 3 * read;
    d.write = write;
  };
  timed(100us, 4ms);
  x.settle();
  timed(190us, 3ms);
  x.restart();
  CHECK(x.sent.empty());
  timed(210us, 3ms);
  x.restart();
  CHECK(x.device("a").what.latency == nanoseconds{210us});
  CHECK(x.device("a").read_p99 == nanoseconds{630us});
  CHECK(x.device("a").write == nanoseconds{3ms});
  x.found.devices[0].what.what.latency.reset();
  x.restart();
  CHECK_FALSE(x.device("a").what.latency);
}

TEST_CASE("own_inventory: what others wrote is put right, counters stay") {
  publisher x;
  x.settle();
  x.reserve("cores", 1000);
  command spoil;
  spoil.operations = {{operation_kind::put, facts, "spoilt"},
                      {operation_kind::erase, free_of("memory"), {}},
                      {operation_kind::put, record_of("a"), "{\"kind\":7}"}};
  REQUIRE(x.commit(spoil));
  x.settle();
  CHECK(x.text(facts) == "spoilt"); // not yet: it looks once a minute
  x.now += 60s;
  x.settle();
  CHECK(x.text(facts) == R"({"cores":4,"gpus":2,"memory_bytes":8000})");
  CHECK(x.left("cores") == 3000);
  CHECK(x.left("memory") == 8000);
  CHECK(x.device("a").what.capacity_bytes == 1000);
  CHECK(x.left("devices/a") == 1000);
}

TEST_CASE("own_inventory: a machine that was only loaded gets its counters") {
  publisher x;
  command loaded;
  loaded.operations
    = {{operation_kind::put, facts, R"({"cores":32,"site":"x"})"},
       {operation_kind::put, record_of("old"), R"({"capacity_bytes":9})"}};
  REQUIRE(x.commit(loaded));
  x.settle();
  CHECK(x.left("cores") == 4000);
  CHECK(x.device("old").gone);
  CHECK_FALSE(x.at.find(free_of("devices/old")));
}

TEST_CASE("own_inventory: records of another machine are not its business") {
  publisher x;
  command other;
  other.operations = {{operation_kind::put, "/machines/m10/devices/a", "{}"}};
  REQUIRE(x.commit(other));
  x.settle();
  CHECK(x.text("/machines/m10/devices/a") == "{}");
}

TEST_CASE("own_inventory: what could not be read is read again") {
  publisher x;
  x.core.on_found(x.found);
  auto first = x.core.on_tick(x.now);
  REQUIRE(first);
  CHECK_FALSE(first->what);
  CHECK_FALSE(x.core.on_tick(x.now)); // one at a time
  x.core.on_records(std::nullopt, x.now);
  CHECK_FALSE(x.core.on_tick(x.now)); // after a pause
  CHECK(x.core.on_tick(x.now + 1s));
}

TEST_CASE("own_inventory: a load is told when it has moved") {
  publisher x;
  x.settle();
  auto tell = [&](load_record y) {
    x.sent.clear();
    x.core.on_load(std::move(y));
    x.settle();
    return x.sent.size() == 1;
  };
  CHECK(tell({300, 300, 100, {{"a", 200}}}));
  CHECK(x.text(load_key)
        == R"({"cpu_permille":300,"devices":{"a":200},"load_permille":300,)"
           R"("nic_permille":100})");
  CHECK_FALSE(tell({349, 349, 51, {{"a", 249}}}));
  CHECK(tell({350, 350, 51, {{"a", 249}}}));
  CHECK(tell({350, 350, 51, {{"a", 199}}}));
  CHECK(tell({350, 350, {}, {{"a", 199}}}));
  CHECK(tell({350, 350, {}, {}}));
}

TEST_CASE("own_inventory: a load that was not committed is told again") {
  publisher x;
  x.settle();
  x.core.on_load({300, {}, {}, {}});
  REQUIRE(x.core.on_tick(x.now));
  x.core.on_answer(outcome::unavailable, x.now);
  x.settle();
  CHECK(x.text(load_key) == R"({"load_permille":300})");
}

TEST_CASE("own_inventory: the allocator reads what it publishes") {
  publisher x;
  x.found.machine.rack = "r1";
  x.found.machine.labels = {"zone=north"};
  x.found.machine.nic_bits_per_second = 10;
  x.found.devices[0].what.what.kind = "ssd";
  x.found.devices[0].what.what.latency = 100us;
  x.settle();
  command alive;
  alive.operations = {{operation_kind::put, facts + "/alive", "{}"}};
  REQUIRE(x.commit(alive));
  x.reserve("devices/a", 100);
  inventory seen;
  x.tell(seen);
  CHECK(seen.machines().table.count() == 1);
  CHECK(seen.devices().table.count() == 1);
  auto facts_read = parse_machine_record(x.text(facts));
  REQUIRE(facts_read);
  CHECK(*facts_read == x.found.machine);
  CHECK(x.device("a") == x.found.devices[0].what);
}

TEST_CASE("own_inventory: whatever happens, reserved is capacity less left") {
  rc::check("over random changes, reservations and lost answers", [] {
    publisher x;
    int64_t reserved = 0;
    for (int i = 0; i < 30; ++i) {
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          x.found.machine.cores_permille = *rc::gen::inRange<uint64_t>(1, 9)
                                           * 1000;
          break;
        case 1: // an answer is lost, the command is committed or not
          x.core.on_found(x.found);
          x.now += 2s;
          if (auto y = x.core.on_tick(x.now); y && y->what) {
            if (*rc::gen::arbitrary<bool>())
              x.commit(*y->what);
            x.core.on_answer(outcome::unknown, x.now);
          } else if (y) {
            x.core.on_records(x.cut(), x.now);
          }
          break;
        case 2:
          x.restart();
          break;
        default:
          x.settle();
          if (x.left("cores") >= 500) {
            x.reserve("cores", 500);
            reserved += 500;
          }
      }
    }
    x.settle();
    x.settle();
    auto has = static_cast<int64_t>(x.found.machine.cores_permille);
    RC_ASSERT(x.left("cores") == has - reserved);
  });
}
