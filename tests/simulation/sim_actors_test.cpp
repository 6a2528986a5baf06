// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_actors.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace muster::sim;

namespace {

/// Passes a number on, counting down, and writes down that it did.
caf::behavior runner(caf::event_based_actor* self, char name,
                     std::string* order) {
  return {
    [=](int left, const caf::actor& other) {
      order->push_back(name);
      if (left > 0)
        self->send(other, left - 1, caf::actor{self});
    },
  };
}

std::string race(uint64_t seed) {
  caf::actor_system_config config;
  sim_actors actors{config};
  sim_random random{seed};
  std::string order;
  std::vector<caf::actor> all;
  for (char name = 'a'; name < 'h'; ++name)
    all.push_back(actors.system().spawn(runner, name, &order));
  for (size_t i = 0; i < all.size(); ++i)
    caf::anon_send(all[i], 5, all[(i + 1) % all.size()]);
  actors.run_ready(random);
  actors.kill(all);
  return order;
}

} // namespace

TEST_CASE("the seed decides which actor works next", "[sim_actors]") {
  auto order = race(1);
  CHECK(order.size() == 7 * 6);
  CHECK(order == race(1));
  CHECK(order != race(2));
}

TEST_CASE("a killed actor handles nothing that waited", "[sim_actors]") {
  caf::actor_system_config config;
  sim_actors actors{config};
  sim_random random{1};
  std::string order;
  auto a = actors.system().spawn(runner, 'a', &order);
  auto b = actors.system().spawn(runner, 'b', &order);
  caf::anon_send(a, 0, b);
  caf::anon_send(b, 0, a);
  actors.kill({a});
  actors.run_ready(random);
  CHECK(order == "b");
}

TEST_CASE("a timer that waits does not hold up the end", "[sim_actors]") {
  caf::actor_system_config config;
  sim_actors actors{config};
  sim_random random{1};
  actors.system().spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, std::chrono::hours{1}, 1);
    return {[](int) {}};
  });
  actors.run_ready(random);
}

// Not a test: `simulation-tests "[.cost]"` prints what an actor event costs.
TEST_CASE("cost of an actor event", "[.cost]") {
  caf::actor_system_config config;
  sim_actors actors{config};
  sim_random random{1};
  std::string order;
  auto a = actors.system().spawn(runner, 'a', &order);
  auto b = actors.system().spawn(runner, 'b', &order);
  for (int i = 0; i < 8; ++i)
    caf::anon_send(a, 100'000, b);
  auto begin = std::chrono::steady_clock::now();
  auto count = actors.run_ready(random);
  std::chrono::duration<double, std::nano> took
    = std::chrono::steady_clock::now() - begin;
  WARN(count << " events, " << took.count() / static_cast<double>(count)
             << " ns each");
  actors.kill({a, b});
}
