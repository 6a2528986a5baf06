// SPDX-License-Identifier: Apache-2.0

// muster-sim: runs the production actors in simulated worlds, a seed a world.

#include "registry/mutants.hpp"
#include "tests/checker/history_json.hpp"
#include "tests/simulation/scale_cli.hpp"
#include "tests/simulation/seed_runs.hpp"
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
  seed_range range;
  unsigned seconds = 30;
  uint32_t machines = 0;
  unsigned rate = 0;
  bool trace = false;
  bool calm = false;
  int moves = 0;
  int policies = 0;
  int switches = 0;
  bool quiet = false;
  std::string history;
  std::string mutant;
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
  options.machine_count = args.machines;
  options.rate = args.rate;
  if (args.moves != 0)
    options.with_moves = args.moves > 0;
  if (args.policies != 0)
    options.with_policies = args.policies > 0;
  if (args.switches != 0)
    options.with_switches = args.switches > 0;
  options.trace = args.trace ? &std::cout : nullptr;
  return simulate(options);
}

void print_counts(const simulation_result& x) {
  auto& d = x.done;
  std::printf(
    "  %zu definite: %zu committed, %zu refused, %zu unavailable, "
    "%zu unknown, %zu reads at home, %zu in memory (%zu of copies), "
    "%zu listings\n",
    x.definite_count, d.committed, d.refused, d.unavailable, d.unknown,
    d.remote_reads, d.local_reads, d.copy_reads, d.listings);
  std::printf(
    "  %zu decided over several shards, %zu transactions, "
    "%zu attempts aborted\n",
    d.several, x.transactions, x.aborted_parts);
  if (x.sessions_ended > 0)
    std::printf("  sessions: %zu ended\n", x.sessions_ended);
  if (x.placed > 0)
    std::printf("  allocations: %zu made, %zu races lost\n", x.placed,
                x.placing_races);
  if (x.watched > 0)
    std::printf("  watches: %zu events, gone on %zu times, %zu snapshots\n",
                x.watched, x.watches_resumed, x.watches_compacted);
  if (x.policies_added > 0)
    std::printf("  policies: %zu added, %zu commits under them\n",
                x.policies_added, x.policy_commits);
  std::printf(
    "  %zu mirrors begun or ended, %zu copies in directories, %zu of "
    "them of switches\n",
    d.mirrored, x.copies_found, x.copies_behind_found);
  if (auto& k = x.key_copies; k.granted > 0)
    std::printf("  single keys: %llu granted, %llu withdrawn, %llu evicted\n",
                static_cast<unsigned long long>(k.granted),
                static_cast<unsigned long long>(k.withdrawn),
                static_cast<unsigned long long>(k.evicted));
  std::printf(
    "  faults: %llu lost writes, %llu slow syncs, "
    "%llu repeated packets",
    static_cast<unsigned long long>(x.lost_writes),
    static_cast<unsigned long long>(x.slow_syncs),
    static_cast<unsigned long long>(x.repeated_packets));
  for (size_t i = 0; i < fault_names.size(); ++i)
    if (x.faults.of[i] > 0)
      std::printf(", %zu %s", x.faults.of[i],
                  std::string{fault_names[i]}.c_str());
  std::printf("\n");
  if (x.moves_ordered > 0)
    std::printf(
      "  moves: %zu ordered, %zu handed over, longest pause %.1f ms\n",
      x.moves_ordered, x.handed_over,
      static_cast<double>(x.pause_max.count()) / 1e6);
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
  auto x = run_seeds(
    args.range, [&](uint64_t seed) { return run_one(args, seed); },
    [&](uint64_t seed, const std::string& problem) {
      std::printf("FAILED seed %llu: %s\n",
                  static_cast<unsigned long long>(seed),
                  args.quiet ? problem.substr(0, problem.find('\n')).c_str()
                             : problem.c_str());
      std::fflush(stdout);
    });
  std::printf(
    "%llu seeds, %llu failed, %llu definite operations (%llu at "
    "least a seed), %.1f s: %.2f seeds/s, %.0f times real time\n",
    static_cast<unsigned long long>(x.run_count),
    static_cast<unsigned long long>(x.failed_count),
    static_cast<unsigned long long>(x.definite_count),
    static_cast<unsigned long long>(x.definite_min), x.took_seconds,
    static_cast<double>(x.run_count) / x.took_seconds,
    x.simulated_seconds / x.took_seconds);
  return x.failed_count == 0 ? 0 : 1;
}

#ifdef MUSTER_MUTANTS
/// A line each: the name, and the test that notices it if it is not seeds.
int list_mutants() {
  for (auto& x : muster::all_mutants())
    std::printf("%s%s%s\n", std::string{x.name}.c_str(),
                x.test.empty() ? "" : " ", std::string{x.test}.c_str());
  return 0;
}
#endif

} // namespace

int main(int argc, char** argv) {
  if (asks_for_scale(argc, argv))
    return run_scale(argc, argv);
  CLI::App app{"Runs Muster's actors in simulated worlds; a seed is a run."};
  arguments args;
  auto one = app.add_option("--seed", args.seed, "Replay this seed");
  auto many = app.add_option("--seeds", args.range.count, "Run so many seeds");
  one->excludes(many);
  app.add_option("--first-seed", args.range.first, "The first of --seeds");
  app
    .add_option("--seconds", args.seconds,
                "Virtual seconds with faults; 15 without follow")
    ->check(CLI::Range(5u, 3600u));
  app
    .add_option("--machines", args.machines,
                "3 store, the others hold copies; the seed chooses without")
    ->check(CLI::Range(3u, 5u));
  app
    .add_option("--rate", args.rate,
                "Operations a virtual second of all clients")
    ->check(CLI::Range(1u, 5000u));
  app.add_option("--jobs", args.range.jobs, "Processes for --seeds")
    ->check(CLI::Range(1u, 256u));
  app.add_flag("--until-failure", args.range.until_failure,
               "End at the first of --seeds that fails");
  app.add_flag("--trace", args.trace, "Print one line an event");
  app.add_flag("--moves{1},--no-moves{-1}", args.moves,
               "With or without planned moves; else the seed chooses");
  app.add_flag("--policies{1},--no-policies{-1}", args.policies,
               "With or without policies; else the seed chooses");
  app.add_flag("--switches{1},--no-switches{-1}", args.switches,
               "With or without switches; else the seed chooses");
  app.add_flag("--calm", args.calm, "Only delays, no faults");
  auto scale = false; // with it the command line was another one
  app.add_flag("--scale", scale,
               "Measure a large cluster instead; --scale --help tells how");
  app.add_flag("--quiet", args.quiet, "One line a failing seed");
  app.add_option("--history", args.history,
                 "Write the operations of --seed to this file as JSON lines");
#ifdef MUSTER_MUTANTS
  app.add_option("--mutant", args.mutant, "Switch this deliberate error on");
  auto list = false;
  app.add_flag("--mutants", list, "Print the mutants and their tests");
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return app.exit(x) == 0 ? 0 : 2;
  }
#ifdef MUSTER_MUTANTS
  if (list)
    return list_mutants();
  if (!muster::switch_on(args.mutant)) {
    std::fprintf(stderr, "no mutant is called %s; --mutants lists them\n",
                 args.mutant.c_str());
    return 2;
  }
#endif
  if (many->count() > 0)
    return run_many(args);
  return replay(args);
}
