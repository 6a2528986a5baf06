// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/worker_pool.hpp"
#include "tests/eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

using namespace muster::http;
using muster::testing::eventually;

TEST_CASE("worker_pool: the queue is bounded") {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::atomic<int> began = 0;
  std::atomic<int> done = 0;
  auto job = [&] {
    ++began;
    open.wait();
    ++done;
  };
  worker_pool uut{1, 2};
  REQUIRE(eventually([&] { return uut.run(job); }));
  REQUIRE(eventually([&] { return began == 1; }));
  CHECK(uut.run(job));
  CHECK(uut.run(job));
  CHECK_FALSE(uut.run(job));
  gate.set_value();
  CHECK(eventually([&] { return done == 3; }));
}

TEST_CASE("worker_pool: stop drops what waits and waits for what runs") {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::atomic<int> began = 0;
  auto job = [&] {
    ++began;
    open.wait();
  };
  // More than `eventually` asks: only a pool that has stopped refuses a job.
  worker_pool uut{1, 1'000'000};
  REQUIRE(uut.run(job));
  REQUIRE(eventually([&] { return began == 1; }));
  REQUIRE(uut.run(job));
  auto stopped = std::async(std::launch::async, [&] { uut.stop(); });
  CHECK(eventually([&] { return !uut.run(job); }));
  gate.set_value();
  stopped.wait();
  CHECK(began == 1);
}
