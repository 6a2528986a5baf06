// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"
#include "tests/unit/registry/trio.hpp"

#include <cstdlib>
#include <random>

using namespace muster;
using namespace muster::test;

namespace {

/// Random faults over four machines, three of them replicas; `trio` asserts
/// safety after every event. One seed reproduces everything.
struct storm {
  explicit storm(uint64_t seed) : random(seed), all(3, 4, options()) {
    all.run_until_served();
    all.pin(3, "/");
  }

  static shard_options options() {
    shard_options out;
    out.checkpoint_entries = 8;
    out.window_bytes = 512;
    out.chunk_bytes = 128;
    return out;
  }

  uint64_t below(uint64_t n) {
    return random() % n;
  }

  /// Ids repeat, so many are retries; an id is always the same command.
  void write() {
    auto n = below(200);
    auto id = "c" + std::to_string(n);
    auto key = "/k" + std::to_string(n % 5);
    auto command = n % 7 == 0    ? create_command(id, key, id)
                   : n % 11 == 0 ? erase_command(id, key)
                                 : put_command(id, key, id);
    auto origin = below(all.size());
    if (all.at(origin).up)
      all.submit(origin, command, 2);
  }

  void fault() {
    auto i = below(all.size());
    switch (below(9)) {
      case 0:
        if (all.at(i).up)
          all.kill(i);
        else
          all.start(i);
        break;
      case 1:
        if (!all.at(i).up)
          all.start(i);
        break;
      case 2:
        all.cut(i, (i + 1 + below(3)) % all.size());
        break;
      case 3:
        all.heal();
        break;
      case 4:
        all.hold_disk(i);
        break;
      case 5:
        all.sync(i);
        break;
      case 6:
        all.at(i).coordinated = !all.at(i).coordinated;
        break;
      case 7:
        if (!all.unanswered_swaps.erase(i))
          all.unanswered_swaps.insert(i);
        break;
      default:
        all.loses = [this](auto...) { return below(10) == 0; };
        if (below(2) == 0)
          all.loses = nullptr;
    }
  }

  /// To another home, another machine, or both.
  void move() {
    auto any = [this] { return static_cast<int>(below(all.size())); };
    auto joining = below(2) == 0 ? any() : -1;
    auto home = below(2) == 0 ? joining : any();
    auto order = all.make_order(joining, home, joining < 0 ? -1 : any());
    if (all.assigned().names(order.joining.id))
      order.leaving = machine_id{}; // the set would shrink
    all.order(order);
  }

  void end_faults() {
    all.loses = nullptr;
    all.unanswered_swaps.clear();
    for (size_t i = 0; i < all.size(); ++i) {
      all.at(i).coordinated = true;
      if (!all.at(i).up)
        all.start(i);
      all.sync(i);
    }
    all.pin(3, "/"); // a restart has forgotten it
    all.heal();
  }

  std::mt19937_64 random;
  trio all;
};

void weather(uint64_t seed, bool moves) {
  INFO("seed " << seed << (moves ? " with moves" : ""));
  storm s{seed};
  for (auto round = 0; round < 120; ++round) {
    for (auto n = s.below(4); n > 0; --n)
      s.write();
    if (s.below(6) == 0)
      s.fault();
    if (moves && s.below(6) == 0)
      s.move();
    for (auto n = s.below(40); n > 0; --n)
      s.all.step();
    if (s.below(3) != 0)
      s.all.run(s.below(4) * 100ms);
  }
  s.end_faults();
  // I17: after faults heal everything is served again.
  auto healed = s.all.run_until(
    [&] { return s.all.serves() && s.all.in_sync_count() >= 3; });
  INFO(to_text(s.all.assigned())
       << s.all.at(0).replica->state_text(s.all.now()));
  REQUIRE(healed);
  s.all.run(15s); // what was ordered is done or given up
  REQUIRE(s.all.write(0, put_command("last", "/k0", "last"), 2) == "committed");
  s.all.run(3s);
  auto home = s.all.primary();
  REQUIRE(home);
  for (size_t i = 0; i < s.all.size(); ++i) {
    auto& ctx = s.all.context(i);
    auto replica = s.all.assigned().has(ctx.me());
    if (replica || i == 3)
      CHECK(s.all.read(i, "/k0") == "last");
    // I11: replicas agree byte for byte.
    if (replica)
      CHECK(ctx.state.last_hash() == s.all.context(*home).state.last_hash());
  }
}

} // namespace

TEST_CASE("faults: random weather breaks no promise and heals") {
  auto first = std::getenv("MUSTER_SEED");
  auto count = std::getenv("MUSTER_SEEDS");
  auto from = first ? std::stoull(first) : 1;
  for (auto n = count ? std::stoull(count) : 10; n > 0; --n)
    weather(from++, false);
}

TEST_CASE("faults: moves in random weather lose nothing (I15)") {
  auto first = std::getenv("MUSTER_SEED");
  auto count = std::getenv("MUSTER_SEEDS");
  auto from = first ? std::stoull(first) : 1;
  for (auto n = count ? std::stoull(count) : 10; n > 0; --n)
    weather(from++, true);
}
