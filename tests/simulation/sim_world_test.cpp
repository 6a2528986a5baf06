// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_nemesis.hpp"
#include "tests/simulation/sim_world.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace muster;
using namespace muster::sim;
using namespace std::chrono_literals;

namespace {

const shard_id log_shard{3};
const std::string counter_key = "/toy/counter";

/// What all toys of a world promise, and the world must not break.
struct ledger {
  uint64_t received = 0;
  uint64_t out_of_order = 0;
  uint64_t gaps_while_connected = 0;
  uint64_t added = 0;
  uint64_t maybe_added = 0;
  uint64_t after_death = 0;
  std::map<machine_id, uint64_t> durable;
  std::map<machine_id, boot_time> last_seen;
};

/// Sends numbers to all others, appends them to its log, and counts in the
/// coordinator.
class toy final : public sim_machine, transport_listener {
public:
  toy(const sim_ports& ports, std::vector<machine_id> all, ledger& book)
    : ports_(ports), all_(std::move(all)), book_(book) {
    auto found = ports_.disk.recover();
    REQUIRE(found);
    for (auto& x : *found)
      number_ = x.checkpoint.value + x.entries.size();
    REQUIRE(number_ >= book_.durable[ports_.id]);
    ports_.network.start(incarnation{ports_.start_count + 1}, *this);
    set_peers(1);
    ports_.timers.every(100ms, [this] { tick(); });
  }

  ~toy() override {
    dead_ = true;
  }

private:
  void set_peers(uint64_t run) {
    std::vector<peer_address> peers;
    for (auto& id : all_)
      peers.push_back({{id, incarnation{run}}, "", 0});
    ports_.network.set_peers(peers);
  }

  void tick() {
    if (dead_)
      ++book_.after_death;
    ++number_;
    for (auto& id : all_)
      for (auto on : {lane::data, lane::lease})
        ports_.network.send(id, on, {7, std::to_string(++sent_[{id, on}])});
    store_change x{store_change::kind::append, log_shard, sequence{number_},
                   "entry"};
    ports_.disk.write({x}, [this, n = number_](const status& s) {
      failed_ = failed_ || !s;
      REQUIRE(bool{s} == !failed_); // the first error is the last
      if (s)
        book_.durable[ports_.id] = n;
    });
    if (number_ % 10 == 0)
      ports_.disk.checkpoint({log_shard, sequence{number_}, {}},
                             [this](const status& s) {
                               failed_ = failed_ || !s;
                             });
    count();
  }

  void count() {
    ports_.config.range(counter_key, [this](result<coordinator_range> found) {
      if (!found)
        return;
      coordinator_txn x;
      uint64_t value = 0;
      uint64_t revision = 0;
      if (!found->entries.empty()) {
        value = std::stoull(found->entries[0].value);
        revision = found->entries[0].mod_revision;
      }
      x.compares.push_back({counter_key, revision});
      x.puts.push_back({counter_key, std::to_string(value + 1), false});
      ++book_.maybe_added;
      ports_.config.txn(x, [this](result<coordinator_txn_answer> answer) {
        if (answer || answer.failure().code != errc::unknown)
          --book_.maybe_added;
        if (answer && answer->succeeded)
          ++book_.added;
      });
    });
  }

  void on_packet(const peer& from, lane on, packet x) override {
    ++book_.received;
    auto number = std::stoull(x.payload);
    auto& last = received_[{from, on}];
    if (number <= last)
      ++book_.out_of_order;
    last = number;
  }

  void on_connected(const peer& to, lane on) override {
    if (!connected_.insert({to.id, on}).second)
      ++book_.out_of_order;
  }

  void on_disconnected(const peer& to, lane on) override {
    if (connected_.erase({to.id, on}) == 0)
      ++book_.out_of_order;
  }

  sim_ports ports_;
  std::vector<machine_id> all_;
  ledger& book_;
  uint64_t number_ = 0;
  bool dead_ = false;
  bool failed_ = false;
  std::map<std::pair<machine_id, lane>, uint64_t> sent_;
  std::map<std::pair<peer, lane>, uint64_t> received_;
  std::set<std::pair<machine_id, lane>> connected_;
};

class toy_host final : public sim_machine_host {
public:
  std::unique_ptr<sim_machine> start(const sim_ports& ports) override {
    return std::make_unique<toy>(ports, machines, book);
  }

  void settle() override {
    // Nothing works outside of callbacks.
  }

  std::vector<machine_id> machines{machine_id{"m1"}, machine_id{"m2"},
                                   machine_id{"m3"}};
  ledger book;
};

struct run_result {
  ledger book;
  uint64_t hash;
  fault_counts faults;
  sim_network::counters network;
};

run_result run(uint64_t seed, const fault_options& faults,
               std::ostream* trace = nullptr) {
  toy_host host;
  sim_world world{seed, faults, host, trace};
  for (auto& id : host.machines)
    world.add_machine(id);
  for (auto& id : host.machines)
    world.start(id);
  sim_nemesis nemesis{world, faults, world.fork(99)};
  nemesis.begin([](auto&) {});
  world.run_until(60s);
  nemesis.stop();
  world.run_until(75s);
  auto received = host.book.received;
  world.run_until(85s);
  // Healed: 2 lanes, 6 links, 10 numbers a second, if timers are not late.
  REQUIRE(host.book.received - received > 700);
  auto counter = world.config().range_now(counter_key);
  REQUIRE(counter.entries.size() == 1);
  auto value = std::stoull(counter.entries[0].value);
  REQUIRE(value >= host.book.added);
  REQUIRE(value <= host.book.added + host.book.maybe_added);
  for (auto& id : host.machines)
    REQUIRE(world.disk(id).images().at(log_shard).last().value
            >= host.book.durable[id]);
  return {host.book, world.trace().hash(), nemesis.count(),
          world.network().count()};
}

/// What a disk promises ends when it is replaced, or set aside.
fault_options faults_that_keep_disks(sim_random& random) {
  auto out = fault_options::swarm(random);
  out.nemesis.wipe_mean = nanoseconds{0};
  out.nemesis.damage_mean = nanoseconds{0};
  out.nemesis.disk_error_gives_up = false;
  // They do not bear what comes twice.
  out.network.repeat_permille = 0;
  // Toys know each other from the start.
  out.nemesis.join_mean = nanoseconds{0};
  out.nemesis.leave_mean = nanoseconds{0};
  return out;
}

} // namespace

TEST_CASE("a calm world delivers everything in order", "[sim_world]") {
  auto x = run(1, fault_options::calm());
  CHECK(x.book.out_of_order == 0);
  CHECK(x.network.lost == 0);
  CHECK(x.network.connections_lost == 0);
  CHECK(x.network.sent > 9'000);
}

TEST_CASE("no fault breaks what the ports promise", "[sim_world]") {
  fault_counts all;
  uint64_t lost = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    sim_random random{seed};
    auto x = run(seed, faults_that_keep_disks(random));
    INFO("seed " << seed);
    REQUIRE(x.book.out_of_order == 0);
    REQUIRE(x.book.after_death == 0);
    for (size_t i = 0; i < all.of.size(); ++i)
      all.of[i] += x.faults.of[i];
    lost += x.network.lost;
  }
  CHECK(all[fault::crash] > 20);
  CHECK(all[fault::power_loss] > 5);
  CHECK(all[fault::pause] > 20);
  CHECK(all[fault::cut] > 20);
  CHECK(all[fault::reset] > 20);
  CHECK(all[fault::coordinator_away] > 20);
  CHECK(all[fault::disk_error] > 20);
  CHECK(all[fault::full_disk] > 20);
  CHECK(lost > 100);
}

TEST_CASE("what a lost connection sent may come again", "[sim_world]") {
  auto faults = fault_options::calm();
  faults.nemesis.reset_mean = 1s;
  faults.network.repeat_permille = 500;
  auto x = run(1, faults);
  CHECK(x.network.repeated > 10);
  CHECK(x.book.out_of_order > 0);
}

TEST_CASE("one seed is one run", "[sim_world]") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    sim_random first{seed};
    sim_random second{seed};
    std::ostringstream first_trace;
    std::ostringstream second_trace;
    auto x = run(seed, faults_that_keep_disks(first), &first_trace);
    auto y = run(seed, faults_that_keep_disks(second), &second_trace);
    CHECK(x.hash == y.hash);
    CHECK(first_trace.str() == second_trace.str());
    CHECK(x.network.sent == y.network.sent);
  }
}

TEST_CASE("a clock keeps its rate and begins again at a boot",
          "[virtual_clock]") {
  sim_scheduler scheduler;
  virtual_clock clock{scheduler, 10s, 20'000};
  scheduler.run_until(100s);
  CHECK(clock.now().time_since_epoch() == 112s);
  CHECK(clock.world_delay(102s) >= 100s);
  CHECK(clock.world_delay(102s) < 100s + 1us);
  clock.set_rate(-20'000);
  scheduler.run_until(200s);
  CHECK(clock.now().time_since_epoch() == 210s);
  clock.reboot(1s);
  CHECK(clock.now().time_since_epoch() == 1s);
}

TEST_CASE("a crash keeps what was durable and the order of the rest",
          "[sim_disk]") {
  size_t kept_some = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    sim_scheduler scheduler;
    sim_trace trace{scheduler, nullptr};
    sim_disk disk{scheduler, sim_random{seed}, {}, trace, machine_id{"m1"}};
    auto process = std::make_shared<sim_process>(scheduler, machine_id{"m1"});
    auto store = disk.open(process);
    uint64_t durable = 0;
    for (uint64_t n = 1; n <= 10; ++n)
      store->write({{store_change::kind::append, log_shard, sequence{n}, "x"}},
                   [&durable, n](const status&) { durable = n; });
    scheduler.run_until(4ms);
    for (uint64_t n = 11; n <= 20; ++n)
      store->write({{store_change::kind::append, log_shard, sequence{n}, "x"}},
                   [&durable, n](const status&) { durable = n; });
    process->kill();
    disk.crash();
    scheduler.run_until(1s);
    auto last = disk.images().at(log_shard).last().value;
    REQUIRE(durable == 10);
    REQUIRE(last >= 10);
    REQUIRE(last <= 20);
    kept_some += last > 10 && last < 20 ? 1 : 0;
  }
  CHECK(kept_some > 50);
}

TEST_CASE("a failing disk tells every later write", "[sim_disk]") {
  sim_scheduler scheduler;
  sim_trace trace{scheduler, nullptr};
  sim_disk disk{scheduler, sim_random{1}, {}, trace, machine_id{"m1"}};
  auto process = std::make_shared<sim_process>(scheduler, machine_id{"m1"});
  auto store = disk.open(process);
  disk.fail();
  size_t failed = 0;
  for (uint64_t n = 1; n <= 3; ++n)
    store->write({{store_change::kind::append, log_shard, sequence{n}, "x"}},
                 [&failed](const status& s) { failed += s ? 0 : 1; });
  scheduler.run_until(1s);
  CHECK(failed == 3);
  CHECK(disk.images().empty());
}

TEST_CASE("a full disk writes nothing until it has room", "[sim_disk]") {
  sim_scheduler scheduler;
  sim_trace trace{scheduler, nullptr};
  sim_disk disk{scheduler, sim_random{1}, {}, trace, machine_id{"m1"}};
  auto process = std::make_shared<sim_process>(scheduler, machine_id{"m1"});
  auto store = disk.open(process);
  disk.set_full(true);
  bool written = false;
  store->write({{store_change::kind::append, log_shard, sequence{1}, "x"}},
               [&written](const status& s) { written = bool{s}; });
  scheduler.run_until(1s);
  CHECK(store->full());
  CHECK(disk.images().empty());
  disk.mend();
  scheduler.run_until(2s);
  CHECK_FALSE(store->full());
  CHECK(written);
}

TEST_CASE("a sync that was to fail tells once, or is mended", "[sim_disk]") {
  sim_scheduler scheduler;
  sim_trace trace{scheduler, nullptr};
  sim_disk disk{scheduler, sim_random{1}, {}, trace, machine_id{"m1"}};
  auto process = std::make_shared<sim_process>(scheduler, machine_id{"m1"});
  auto store = disk.open(process);
  size_t told = 0;
  auto write = [&](uint64_t n) {
    bool fine = false;
    store->write({{store_change::kind::append, log_shard, sequence{n}, "x"}},
                 [&fine](const status& s) { fine = bool{s}; });
    scheduler.run_until(scheduler.now() + 1s);
    return fine;
  };
  disk.fail([&told] { ++told; });
  disk.mend();
  CHECK(write(1));
  disk.fail([&told] { ++told; });
  CHECK_FALSE(write(2));
  disk.mend(); // too late
  CHECK_FALSE(write(3));
  CHECK(told == 1);
}

TEST_CASE("keys bound to a lease end with it", "[sim_coordinator]") {
  sim_scheduler scheduler;
  sim_trace trace{scheduler, nullptr};
  sim_coordinator all{scheduler, sim_random{1}, {}, trace};
  auto process = std::make_shared<sim_process>(scheduler, machine_id{"m1"});
  auto port = all.connect(process);
  size_t hints = 0;
  bool live = false;
  port->watch("/alive", [&hints] { ++hints; });
  port->keep_alive(2s, [&live](result<bool> x) { live = x && *x; });
  scheduler.run_until(1s);
  REQUIRE(live);
  port->txn({{}, {{"/alive/m1", "here", true}}, {}}, [](auto) {});
  scheduler.run_until(1900ms);
  CHECK(all.range_now("/alive").entries.size() == 1);
  scheduler.run_until(3s);
  CHECK(all.range_now("/alive").entries.empty());
  CHECK(hints == 2);
  port->keep_alive(2s, [&live](result<bool> x) { live = x && *x; });
  scheduler.run_until(4s);
  CHECK(!live);
}
