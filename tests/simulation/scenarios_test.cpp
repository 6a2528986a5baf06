// SPDX-License-Identifier: Apache-2.0

// Faults that a random run is too short or too kind for, one at a time.

#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace muster::sim;
using muster::machine_id;
using namespace std::chrono_literals;

namespace {

simulation_options calm(std::chrono::seconds length) {
  simulation_options out;
  out.seed = 3;
  out.with_faults = false;
  out.with_moves = false;
  out.with_switches = false;
  out.faults_for = length;
  return out;
}

bool within(const operation& x, nanoseconds from, nanoseconds to) {
  return x.call_ns >= from.count() && x.call_ns < to.count();
}

/// Answered at once, from the memory of the client's machine.
bool local_at(const operation& x, const std::string& machine) {
  return x.client.starts_with(machine + "c") && x.outcome == answer::ok
         && !x.served_from.empty() && x.return_ns == x.call_ns;
}

bool committed(const operation& x) {
  return x.outcome == answer::ok && x.served_from.empty();
}

size_t local_reads(const simulation_result& x, const std::string& machine,
                   nanoseconds from, nanoseconds to) {
  return static_cast<size_t>(
    std::count_if(x.operations.begin(), x.operations.end(), [&](auto& op) {
      return within(op, from, to) && local_at(op, machine);
    }));
}

} // namespace

// M5.
TEST_CASE("the coordinator is away for ten minutes", "[simulation]") {
  auto options = calm(620s);
  options.rate = 20;
  options.script = [](sim_world& world) {
    world.config().set_available(false);
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  auto failed = std::count_if(
    x.operations.begin(), x.operations.end(), [](auto& op) {
      return within(op, 5s, 610s)
             && (op.outcome == answer::failed || op.outcome == answer::unknown);
    });
  CHECK(failed == 0);
  auto late = std::count_if(x.operations.begin(), x.operations.end(),
                            [](auto& op) {
                              return within(op, 560s, 620s) && committed(op);
                            });
  CHECK(late > 100);
}

// T2: leases do not bear a clock that is so wrong.
TEST_CASE("a clock far beyond the bound serves nothing", "[simulation]") {
  auto ppm = GENERATE(300'000, -300'000);
  auto options = calm(40s);
  options.script = [ppm](sim_world& world) {
    auto later = [&](nanoseconds when, int64_t rate) {
      world.scheduler().after(when, [&world, rate] {
        world.clock(machine_id{"m2"}).set_rate(rate);
      });
    };
    later(2s, ppm);
    later(25s, 0);
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  CHECK(local_reads(x, "m2", 3s, 5s) > 0);
  CHECK(local_reads(x, "m2", 15s, 28s) == 0);
  CHECK(local_reads(x, "m1", 15s, 28s) > 0);
  // It is trusted again.
  CHECK(local_reads(x, "m2", 40s, 55s) > 0);
}

// T1: a pause is longer than every lease; nobody waits for its end.
TEST_CASE("a machine is paused for a minute", "[simulation]") {
  auto options = calm(80s);
  options.rate = 60;
  options.script = [](sim_world& world) {
    world.pause(machine_id{"m1"});
    world.scheduler().after(60s, [&world] { world.resume(machine_id{"m1"}); });
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  auto meanwhile = std::count_if(x.operations.begin(), x.operations.end(),
                                 [](auto& op) {
                                   return within(op, 10s, 60s) && committed(op);
                                 });
  CHECK(meanwhile > 500);
}

namespace {

std::vector<machine_id> switches_of(const sim_world& world) {
  std::vector<machine_id> out;
  for (auto& id : world.machines())
    if (id.value.front() == 's')
      out.push_back(id);
  return out;
}

size_t copies_read(const simulation_result& x, nanoseconds from,
                   nanoseconds to) {
  return static_cast<size_t>(
    std::count_if(x.operations.begin(), x.operations.end(), [&](auto& op) {
      return within(op, from, to) && op.outcome == answer::ok
             && op.served_from == "copy" && op.return_ns == op.call_ns;
    }));
}

/// The longest time that a write took that was begun in this time, but for
/// those of a switch's own clients: a switch may be cut off.
nanoseconds longest_write(const simulation_result& x, nanoseconds from,
                          nanoseconds to) {
  int64_t longest = 0;
  for (auto& op : x.operations)
    if (within(op, from, to) && committed(op) && !op.client.starts_with("s"))
      longest = std::max(longest, op.return_ns - op.call_ns);
  return nanoseconds{longest};
}

} // namespace

// S1, D5: without switches everything goes on through the homes.
TEST_CASE("all switches die for good", "[simulation]") {
  auto options = calm(40s);
  options.with_switches = true;
  options.script = [](sim_world& world) {
    world.scheduler().after(10s, [&world] {
      for (auto& id : switches_of(world)) {
        world.crash(id, true);
        world.retire(id);
      }
    });
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  CHECK(x.copies_behind_found > 0);
  CHECK(copies_read(x, 20s, 30s) > 0);
  CHECK(longest_write(x, 8s, 30s) < 5s);
}

// S2: what a paused switch has granted is over before it goes on.
TEST_CASE("switches are paused for ten seconds", "[simulation]") {
  auto options = calm(50s);
  options.with_switches = true;
  options.script = [](sim_world& world) {
    world.scheduler().after(10s, [&world] {
      for (auto& id : switches_of(world))
        world.pause(id);
    });
    world.scheduler().after(20s, [&world] {
      for (auto& id : switches_of(world))
        world.resume(id);
    });
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  CHECK(copies_read(x, 17s, 20s) > 0);
  CHECK(longest_write(x, 8s, 30s) < 5s);
}

// S2, D5: a switch that reaches its rack and no home covers nobody, though it
// answers.
TEST_CASE("switches are cut off from every home", "[simulation]") {
  auto options = calm(50s);
  options.with_switches = true;
  options.script = [](sim_world& world) {
    auto cut = [&world](bool on) {
      for (auto& id : switches_of(world))
        for (auto name : {"m1", "m2", "m3"}) {
          machine_id home{name};
          if (on) {
            world.network().cut(id, home);
            world.network().cut(home, id);
          } else {
            world.network().heal(id, home);
            world.network().heal(home, id);
          }
        }
    };
    world.scheduler().after(10s, [cut] { cut(true); });
    world.scheduler().after(25s, [cut] { cut(false); });
  };
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
  CHECK(copies_read(x, 22s, 28s) > 0);
  CHECK(longest_write(x, 8s, 35s) < 6s);
}
