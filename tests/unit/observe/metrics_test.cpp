// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/metrics.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace muster;
using Catch::Matchers::Contains;

TEST_CASE("a counter sums what all threads counted, ended ones too") {
  metrics all;
  auto writes = all.add_counter("muster_writes_total", "Writes.");
  for (auto round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (auto i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (auto n = 0; n < 10'000; ++n)
          writes.add();
      });
    for (auto& x : threads)
      x.join();
  }
  CHECK(all.render() == "# HELP muster_writes_total Writes.\n"
                        "# TYPE muster_writes_total counter\n"
                        "muster_writes_total 120000\n");
}

TEST_CASE("two registries do not meet, nor do those of the past") {
  for (auto round = 0; round < 100; ++round) {
    metrics one;
    metrics two;
    auto a = one.add_counter("muster_a_total", "A.");
    auto b = two.add_counter("muster_b_total", "B.");
    for (auto i = 0; i < 10; ++i) {
      a.add();
      b.add(2);
    }
    REQUIRE_THAT(one.render(), Contains("muster_a_total 10\n"));
    REQUIRE_THAT(two.render(), Contains("muster_b_total 20\n"));
  }
}

TEST_CASE("gauges are set or asked for") {
  metrics all;
  all.add_gauge("muster_shards_count", "Shards.", {{"role", "primary"}})
    .set(-3);
  auto owner = 0;
  all.add_gauge("muster_backlog_bytes", "Backlog.", {}, &owner,
                [] { return 17.0; });
  all.add_counter("muster_syncs_total", "Syncs.", {}, &owner,
                  [] { return 5.0; });
  CHECK_THAT(all.render(),
             Contains("muster_shards_count{role=\"primary\"} -3\n")
               && Contains("muster_backlog_bytes 17\n")
               && Contains("# TYPE muster_syncs_total counter\n"));
  all.remove_callbacks(&owner);
  CHECK_THAT(all.render(), !Contains("backlog") && !Contains("syncs"));
}

TEST_CASE("the same name and labels are the same metric") {
  metrics all;
  all.add_counter("muster_reads_total", "Reads.", {{"from", "copy"}}).add();
  all.add_counter("muster_reads_total", "Reads.", {{"from", "copy"}}).add();
  all.add_counter("muster_reads_total", "Reads.", {{"from", "home"}}).add();
  CHECK_THAT(all.render(),
             Contains("muster_reads_total{from=\"copy\"} 2\n")
               && Contains("muster_reads_total{from=\"home\"} 1\n"));
}

TEST_CASE("a histogram has cumulative power-of-two buckets") {
  metrics all;
  auto sizes = all.add_histogram("muster_entry_bytes", "Entries.",
                                 {metric_unit::bytes, 2, 4});
  for (auto x : std::vector<uint64_t>{0, 3, 4, 7, 8, 15, 16, 1000})
    sizes.record(x);
  CHECK(all.render() == "# HELP muster_entry_bytes Entries.\n"
                        "# TYPE muster_entry_bytes histogram\n"
                        "muster_entry_bytes_count 8\n"
                        "muster_entry_bytes_sum 1053\n"
                        "muster_entry_bytes_bucket{le=\"4\"} 2\n"
                        "muster_entry_bytes_bucket{le=\"8\"} 4\n"
                        "muster_entry_bytes_bucket{le=\"16\"} 6\n"
                        "muster_entry_bytes_bucket{le=\"+Inf\"} 8\n");
}

TEST_CASE("times are recorded as nanoseconds and shown as seconds") {
  metrics all;
  auto syncs = all.add_histogram("muster_sync_seconds", "Syncs.");
  syncs.record(2'000'000'000);
  CHECK_THAT(all.render(), Contains("muster_sync_seconds_sum 2\n")
                             && Contains("le=\"2.147483648"));
}

TEST_CASE("rendering while threads count and come and go") {
  metrics all;
  auto writes = all.add_counter("muster_writes_total", "Writes.");
  std::atomic<bool> stop{false};
  std::thread churn{[&] {
    while (!stop)
      std::thread{[&] { writes.add(); }}.join();
  }};
  for (auto i = 0; i < 50; ++i)
    all.render();
  stop = true;
  churn.join();
  CHECK_THAT(all.render(), Contains("muster_writes_total"));
}
