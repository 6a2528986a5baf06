// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/latency_probe.hpp"
#include "runtime/discovery/linux_host.hpp"
#include "tests/scratch_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace muster;
using namespace std::chrono_literals;

TEST_CASE("latency_probe: a quantile is one of the times") {
  std::vector<nanoseconds> times;
  for (int i = 100; i > 0; --i)
    times.emplace_back(i);
  CHECK(quantile(times, 500) == 50ns);
  CHECK(quantile(times, 990) == 99ns);
  CHECK(quantile(times, 1000) == 100ns);
  CHECK(quantile({7ns}, 990) == 7ns);
}

TEST_CASE("latency_probe: a real directory, and nothing is left in it") {
  muster::testing::scratch_folder folder;
  linux_host here;
  auto x = here.time(folder.path);
  if (!x) { // a file system without direct access
    WARN("skipped: " << x.failure().message);
    return;
  }
  CHECK(x->read_median > 0ns);
  CHECK(x->read_median <= x->read_p99);
  CHECK(x->write_median > 0ns);
  CHECK(x->write_median <= x->write_p99);
  CHECK(x->bandwidth_bits_per_second > 0);
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("latency_probe: its time is bounded") {
  muster::testing::scratch_folder folder;
  probe_options how;
  how.budget = 30ms;
  how.reads_max = how.writes_max = SIZE_MAX;
  auto begin = std::chrono::steady_clock::now();
  if (!probe_latency(folder.path, how))
    return;
  // Not the budget itself: one access may take long on a busy disk.
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("latency_probe: a directory that cannot be written is an error") {
  auto x = probe_latency("/proc");
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::io);
  CHECK(x.failure().message.find("/proc") != std::string::npos);
}

TEST_CASE("linux_host: this host") {
  muster::testing::scratch_folder folder;
  linux_host here;
  auto size = here.size();
  REQUIRE(size);
  CHECK(size->cores > 0);
  CHECK(size->memory_bytes > 0);
  auto space = here.space_of(folder.path);
  REQUIRE(space);
  CHECK(space->total >= space->free);
  CHECK_FALSE(here.space_of(folder.path / "absent"));
  CHECK(here.read("/proc/stat"));
  CHECK_FALSE(here.read(folder.path / "absent"));
  folder.write("b", "x");
  folder.write("a", "y\n");
  CHECK(here.names_in(folder.path) == std::vector<std::string>{"a", "b"});
  CHECK(here.read(folder.path / "a") == "y\n");
  CHECK(here.exists(folder.path / "a"));
  CHECK_FALSE(here.exists(folder.path / "c"));
}
