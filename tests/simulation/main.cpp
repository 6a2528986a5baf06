// SPDX-License-Identifier: Apache-2.0

// muster-sim: runs the production actors in simulated worlds, a seed a world.

#include "tests/simulation/history_json.hpp"
#include "tests/simulation/simulation.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace {

using namespace muster::sim;

struct arguments {
  uint64_t seed = 0;
  uint64_t first_seed = 1;
  uint64_t seeds = 0;
  unsigned seconds = 30;
  bool trace = false;
  bool calm = false;
  bool quiet = false;
  std::string history;
};

double seconds_since(std::chrono::steady_clock::time_point x) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - x)
    .count();
}

simulation_result run_one(const arguments& args, uint64_t seed) {
  simulation_options options;
  options.seed = seed;
  options.faults_for = std::chrono::seconds{args.seconds};
  options.with_faults = !args.calm;
  options.trace = args.trace ? &std::cout : nullptr;
  return simulate(options);
}

void print_counts(const simulation_result& x) {
  auto& d = x.done;
  auto& f = x.faults;
  std::printf(
    "  %zu definite: %zu committed, %zu refused, %zu unavailable, "
    "%zu unknown, %zu reads at home, %zu in memory (%zu of copies), "
    "%zu listings\n",
    x.definite_count, d.committed, d.refused, d.unavailable, d.unknown,
    d.remote_reads, d.local_reads, d.copy_reads, d.listings);
  std::printf(
    "  faults: %zu crashes, %zu power losses, %zu pauses, %zu cuts, "
    "%zu resets, %zu coordinator, %zu clock, %zu wipes\n",
    f.crashes, f.power_losses, f.pauses, f.cuts, f.resets, f.coordinator_away,
    f.clock_changes, f.wipes);
}

int replay(const arguments& args) {
  auto begin = std::chrono::steady_clock::now();
  auto x = run_one(args, args.seed);
  auto took = seconds_since(begin);
  auto simulated = std::chrono::duration<double>(x.simulated).count();
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(args.seed),
              x.problem.empty() ? "passed" : x.problem.c_str());
  print_counts(x);
  std::printf(
    "  %.1f virtual seconds in %.2f s: %.0f times real time, %llu "
    "messages\n",
    simulated, took, simulated / took,
    static_cast<unsigned long long>(x.messages));
  if (!args.history.empty()) {
    std::ofstream out{args.history};
    write_json_lines(out, x.operations);
  }
  return x.problem.empty() ? 0 : 1;
}

int run_many(const arguments& args) {
  auto begin = std::chrono::steady_clock::now();
  uint64_t failed = 0;
  double simulated = 0;
  size_t definite = 0;
  for (uint64_t i = 0; i < args.seeds; ++i) {
    auto seed = args.first_seed + i;
    auto x = run_one(args, seed);
    simulated += std::chrono::duration<double>(x.simulated).count();
    definite += x.definite_count;
    if (x.problem.empty())
      continue;
    ++failed;
    std::printf("FAILED seed %llu: %s\n", static_cast<unsigned long long>(seed),
                args.quiet ? x.problem.substr(0, x.problem.find('\n')).c_str()
                           : x.problem.c_str());
    std::fflush(stdout);
  }
  auto took = seconds_since(begin);
  std::printf(
    "%llu seeds, %llu failed, %zu definite operations, %.1f s: %.2f "
    "seeds/s, %.0f times real time\n",
    static_cast<unsigned long long>(args.seeds),
    static_cast<unsigned long long>(failed), definite, took,
    static_cast<double>(args.seeds) / took, simulated / took);
  return failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs Muster's actors in simulated worlds; a seed is a run."};
  arguments args;
  auto one = app.add_option("--seed", args.seed, "Replay this seed");
  auto many = app.add_option("--seeds", args.seeds, "Run so many seeds");
  one->excludes(many);
  app.add_option("--first-seed", args.first_seed, "The first of --seeds");
  app
    .add_option("--seconds", args.seconds,
                "Virtual seconds with faults; 15 without follow")
    ->check(CLI::Range(5u, 3600u));
  app.add_flag("--trace", args.trace, "Print one line an event");
  app.add_flag("--calm", args.calm, "Only delays, no faults");
  app.add_flag("--quiet", args.quiet, "One line a failing seed");
  app.add_option("--history", args.history,
                 "Write the operations of --seed to this file as JSON lines");
  CLI11_PARSE(app, argc, argv);
  if (many->count() > 0)
    return run_many(args);
  return replay(args);
}
