// SPDX-License-Identifier: Apache-2.0

// muster-bench: measures beside peers, interleaved, in one run.

#include "bench/adaptive_read.hpp"
#include "bench/allocator_decide.hpp"
#include "bench/etcd/etcd_cluster.hpp"
#include "bench/etcd/etcd_put.hpp"
#include "bench/local_read.hpp"
#include "bench/muster_cluster.hpp"
#include "bench/muster_put.hpp"
#include "bench/openb.hpp"
#include "bench/store_write.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

namespace {

using namespace muster;
using nlohmann::json;

struct run_options {
  size_t rounds = 5;
  double seconds = 3;
  std::string directory;
  bool as_json = false;
  std::vector<size_t> depths{1, 64, 256};
  bench::adaptive_read_options adaptive;
  bench::allocator_options allocator;
  bench::openb_options openb{
    "../shared/data/openb/openb_node_list_all_node.csv",
    "../shared/data/openb/openb_pod_list_default.csv", false};
};

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x.empty() ? 0 : x[x.size() / 2];
}

result<json> run_reads(const run_options& options) {
  bench::local_read_options x;
  x.rounds = std::max<size_t>(5, options.rounds);
  json out = json::array();
  for (auto& c : bench::run_local_read(x).cases)
    out.push_back({{"threads", c.threads},
                   {"writer", c.writer},
                   {"muster_ns", c.table_nanoseconds},
                   {"map_ns", c.map_nanoseconds},
                   {"ratio", c.ratio},
                   {"ratio_min", c.ratio_min},
                   {"ratio_max", c.ratio_max}});
  return out;
}

double us(std::chrono::nanoseconds x) {
  return static_cast<double>(x.count()) / 1000;
}

/// One depth's figures of both sides, a pair a round.
struct depth_figures {
  std::vector<double> muster_rate, etcd_rate, rate_ratio;
  std::vector<double> muster_median_us, etcd_median_us, latency_ratio;

  void add(const bench::write_report& m, const bench::write_report& e) {
    muster_rate.push_back(m.writes_per_second);
    etcd_rate.push_back(e.writes_per_second);
    rate_ratio.push_back(m.writes_per_second / e.writes_per_second);
    muster_median_us.push_back(us(m.median));
    etcd_median_us.push_back(us(e.median));
    latency_ratio.push_back(us(m.median) / us(e.median));
  }

  json summary(size_t depth) const {
    return {{"in_flight", depth},
            {"muster_writes_per_second", median(muster_rate)},
            {"etcd_writes_per_second", median(etcd_rate)},
            {"throughput_ratio", median(rate_ratio)},
            {"muster_median_us", median(muster_median_us)},
            {"etcd_median_us", median(etcd_median_us)},
            {"latency_ratio", median(latency_ratio)},
            {"rounds", rate_ratio.size()}};
  }
};

/// A cluster of Muster and its coordinator, which goes after it.
struct own_cluster {
  std::unique_ptr<bench::etcd_cluster> coordinator;
  std::unique_ptr<bench::muster_cluster> machines;
};

result<own_cluster> start_own(const run_options& options) {
  auto directory = options.directory + "/coordinator";
  std::filesystem::create_directories(directory);
  auto coordinator = bench::etcd_cluster::start(1, directory);
  if (!coordinator)
    return coordinator.failure();
  auto machines = bench::muster_cluster::start(
    options.directory, (*coordinator)->endpoints().front());
  if (!machines)
    return machines.failure();
  return own_cluster{std::move(*coordinator), std::move(*machines)};
}

bench::write_options writes_of(const run_options& options, size_t depth,
                               size_t round) {
  bench::write_options out;
  out.in_flight_count = depth;
  out.duration
    = std::chrono::milliseconds{static_cast<int64_t>(options.seconds * 1000)};
  out.warm_up = out.duration / 3;
  out.seed = round + 1;
  return out;
}

result<json> run_writes(const run_options& options) {
  std::filesystem::create_directories(options.directory + "/peer");
  auto peer = bench::etcd_cluster::start(3, options.directory + "/peer");
  if (!peer)
    return peer.failure();
  auto own = start_own(options);
  if (!own)
    return own.failure();
  std::map<size_t, depth_figures> figures;
  for (size_t round = 0; round < options.rounds; ++round) {
    for (auto depth : options.depths) {
      auto x = writes_of(options, depth, round);
      auto muster = bench::run_muster_writes(own->machines->first(), x);
      x.endpoints = (*peer)->endpoints();
      auto etcd = bench::run_etcd_writes(x);
      for (auto* report : {&muster, &etcd})
        if (!report->failure.empty())
          return error{errc::unavailable, report->failure};
      figures[depth].add(muster, etcd);
      std::cerr << "round " << round + 1 << ", " << depth
                << " in flight: " << muster.writes_per_second << " / "
                << etcd.writes_per_second << " writes/s\n";
    }
  }
  json out = json::array();
  for (auto& [depth, f] : figures)
    out.push_back(f.summary(depth));
  return out;
}

/// Commands over two shards beside commands over one.
result<json> run_transactions(const run_options& options) {
  auto own = start_own(options);
  if (!own)
    return own.failure();
  json out = json::array();
  for (auto depth : options.depths) {
    std::vector<double> one_us, two_us, ratio;
    for (size_t round = 0; round < options.rounds; ++round) {
      auto x = writes_of(options, depth, round);
      auto one = bench::run_muster_writes(own->machines->first(), x);
      x.parts_count = 2;
      auto two = bench::run_muster_writes(own->machines->first(), x);
      for (auto* report : {&one, &two})
        if (!report->failure.empty())
          return error{errc::unavailable, report->failure};
      one_us.push_back(us(one.median));
      two_us.push_back(us(two.median));
      ratio.push_back(us(two.median) / us(one.median));
    }
    out.push_back({{"in_flight", depth},
                   {"one_shard_median_us", median(one_us)},
                   {"two_shards_median_us", median(two_us)},
                   {"latency_ratio", median(ratio)},
                   {"rounds", ratio.size()}});
  }
  return out;
}

result<json> run_store(const run_options& options) {
  json out = json::array();
  for (auto depth : options.depths) {
    bench::store_write_options x;
    x.store.directory = options.directory + "/store" + std::to_string(depth);
    x.writers_count = depth;
    auto got = bench::run_store_writes(x);
    if (!got)
      return got.failure();
    out.push_back(
      {{"in_flight", depth},
       {"writes_per_second", got->writes_per_second},
       {"p50_us", got->p50_microseconds},
       {"store_cpu_us_per_write", got->store_cpu_microseconds_per_write}});
  }
  return out;
}

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

/// Zipf reads of five machines, and what copies of single records serve.
result<json> run_adaptive(const run_options& options) {
  auto directory = options.directory + "/coordinator";
  std::filesystem::create_directories(directory);
  auto coordinator = bench::etcd_cluster::start(1, directory);
  if (!coordinator)
    return coordinator.failure();
  auto how = options.adaptive;
  how.directory = options.directory;
  how.etcd = (*coordinator)->endpoints().front();
  auto got = bench::run_adaptive_reads(how);
  if (!got)
    return got.failure();
  json out = json::array();
  uint64_t reads = 0;
  uint64_t copies = 0;
  for (auto& m : got->machines) {
    reads += m.foreign_reads;
    copies += m.copy_reads;
    out.push_back({{"machine", m.id},
                   {"reads_not_stored_here", m.foreign_reads},
                   {"share_of_copies", share(m.copy_reads, m.foreign_reads)},
                   {"copies", m.keys},
                   {"copies_bytes", m.bytes},
                   {"granted", m.granted},
                   {"withdrawn", m.withdrawn},
                   {"evicted", m.evicted}});
  }
  out.push_back({{"machine", "all"},
                 {"share_of_copies", share(copies, reads)},
                 {"operations_per_second", got->operations_per_second},
                 {"resident_bytes_before", got->resident_bytes_before},
                 {"resident_bytes_after", got->resident_bytes_after},
                 {"failed", got->failed_count}});
  return out;
}

/// The allocator's decisions beside a loop over structs.
result<json> run_decisions(const run_options& options) {
  auto got = bench::run_allocator(options.allocator);
  json out = json::array();
  for (auto& x : got.cases)
    out.push_back({{"devices", x.devices_count},
                   {"request", x.request},
                   {"search", x.search},
                   {"p50_ns", x.median_ns},
                   {"p99_ns", x.p99_ns},
                   {"naive_ratio", x.naive_ratio},
                   {"satisfying_permille", x.satisfying_permille},
                   {"decisions", x.decisions_count}});
  for (auto& x : got.updates)
    out.push_back({{"devices", x.devices_count},
                   {"search", "update"},
                   {"p50_ns", x.median_ns},
                   {"p99_ns", x.p99_ns},
                   {"bytes_per_device", x.memory_bytes_per_device}});
  return out;
}

result<json> run_openb(const run_options& options) {
  auto got = bench::run_openb(options.openb);
  if (!got)
    return got.failure();
  json out = json::array();
  for (auto& x : *got)
    out.push_back({{"objective", x.objective},
                   {"placed", x.placed},
                   {"refused", x.refused},
                   {"p50_ns", x.p50_ns},
                   {"p99_ns", x.p99_ns},
                   {"over_commits", x.over_commits}});
  return out;
}

struct part {
  const char* name;
  result<json> (*run)(const run_options&);
  bool in_all;
};

constexpr part parts[] = {
  {"read", run_reads, true},         {"write", run_writes, true},
  {"txn", run_transactions, false},  {"store", run_store, false},
  {"adaptive", run_adaptive, false}, {"allocator", run_decisions, false},
  {"openb", run_openb, false},
};

void print_table(const json& x) {
  for (auto& [part, rows] : x.items()) {
    std::cout << part << '\n';
    for (auto& row : rows) {
      for (auto& [name, value] : row.items())
        std::cout << "  " << name << " " << value;
      std::cout << '\n';
    }
  }
}

void add_options(CLI::App& app, run_options& to) {
  app.add_option("--rounds", to.rounds, "pairs of measurements");
  app.add_option("--seconds", to.seconds, "of each measured write run");
  app.add_option("--in-flight", to.depths, "writes in flight");
  app.add_option("--warm-up", to.adaptive.warm_up_count,
                 "adaptive: operations of each machine, not measured");
  app.add_option("--operations", to.adaptive.measured_count,
                 "adaptive: operations of each machine, measured");
  app.add_option("--copies-bytes", to.adaptive.bytes_max,
                 "adaptive: memory of each machine for copies");
  app.add_option("--devices", to.allocator.devices,
                 "allocator: devices of each inventory");
  app.add_option("--decisions", to.allocator.decisions_count,
                 "allocator: decisions of each kind");
  app.add_option("--nodes", to.openb.nodes,
                 "openb: nodes of cluster-trace-gpu-v2023, a CSV file");
  app.add_option("--pods", to.openb.pods, "openb: its pods, a CSV file");
  app.add_flag("--departures", to.openb.departures,
               "openb: pods leave at their deletion time");
  app.add_option("--directory", to.directory,
                 "for data; its disk decides the write figures");
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string{argv[1]} == "serve")
    return bench::serve(argv[2], argv[3], argv[4]);
  run_options options;
  std::string what = "all";
  std::string form = "table";
  CLI::App app{"Measures Muster beside its peers, interleaved in one run."};
  std::set<std::string> names{"all"};
  for (auto& part : parts)
    names.insert(part.name);
  app.add_option("what", what, "all: read and write")
    ->check(CLI::IsMember(names));
  add_options(app, options);
  app.add_option("-o", form, "table or json")
    ->check(CLI::IsMember({"table", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return app.exit(x) == 0 ? 0 : 2;
  }
  auto own_directory = options.directory.empty();
  if (own_directory) {
    auto pattern
      = (std::filesystem::temp_directory_path() / "muster-bench-XXXXXX")
          .string();
    options.directory = mkdtemp(pattern.data());
  }
  json out;
  for (auto& part : parts) {
    if (what != part.name && !(what == "all" && part.in_all))
      continue;
    auto measured = part.run(options);
    if (!measured) {
      std::cerr << part.name << " benchmark: " << measured.failure().message
                << '\n';
      return 1;
    }
    out[part.name] = *measured;
  }
  if (own_directory)
    std::filesystem::remove_all(options.directory);
  if (form == "json")
    std::cout << out.dump(2) << '\n';
  else
    print_table(out);
  return 0;
}
