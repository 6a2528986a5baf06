// SPDX-License-Identifier: Apache-2.0

// A machine that is destroyed while commands are under way: its actors, its
// store and its answers end in an order in which nothing is used after its end.

#include "runtime/machine.hpp"
#include "tests/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <thread>

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr size_t in_flight = 256;
constexpr size_t committed_min = 2'000;

/// Writes until told to stop, always `in_flight` at a time.
class load {
public:
  explicit load(machine& to) : to_(to) {
    for (size_t i = 0; i < in_flight; ++i)
      next();
  }

  void stop() {
    stopping_ = true;
  }

  size_t committed() const {
    return committed_;
  }

private:
  void next() {
    command x;
    auto number = count_++;
    x.operations.push_back({operation_kind::put,
                            "/k/" + std::to_string(number % 1000),
                            std::to_string(number)});
    to_.submit(std::move(x), {}, [this](const command_answer& answer) {
      if (answer.what == outcome::committed)
        ++committed_;
      if (!stopping_)
        next();
    });
  }

  machine& to_;
  std::atomic<size_t> count_{0};
  std::atomic<size_t> committed_{0};
  std::atomic<bool> stopping_{false};
};

} // namespace

TEST_CASE("a machine stops while commands are under way") {
  muster::testing::scratch_folder folder;
  settings options;
  options.process.data_dir = folder.path / "data";
  options.process.insecure = true;
  options.process.listen_port = 0;
  options.process.log_level = severity::error;
  options.process.inventory_discover = false; // leave the host's disks alone
  options.cluster.replication = 1;
  options.cluster.min_copies = 1;
  for (auto round = 0; round < 20; ++round) {
    CAPTURE(round);
    auto started = machine::start(options);
    REQUIRE(started);
    auto& node = **started;
    load work{node};
    auto end = std::chrono::steady_clock::now() + 60s;
    while (work.committed() < committed_min
           && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    CHECK(work.committed() >= committed_min);
    work.stop();
    started->reset();
  }
}
