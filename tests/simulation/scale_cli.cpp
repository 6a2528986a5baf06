// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_cli.hpp"

#include "tests/simulation/scale_report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string_view>

namespace muster::sim {

namespace {

struct scale_arguments {
  scale_options options;
  std::vector<uint32_t> holders{960};
  std::vector<uint32_t> switches{40};
  unsigned packet_cost_us = 5;
  bool scale = false;
  bool sweep = false;
  std::vector<std::string> parts{"writes", "quiet"};
  bool quiet = false;
  std::string format = "table";
};

void add_options(CLI::App& app, scale_arguments& args) {
  auto& x = args.options;
  auto option = [&app](const char* name, auto& to, const char* what) {
    return app.add_option(name, to, what)->capture_default_str();
  };
  app.add_flag("--scale", args.scale, "Measure a large cluster")->required();
  option("--machines", x.machines, "Beside the switches; 3 store")
    ->check(CLI::Range(4u, 20'000u));
  option("--holders", args.holders,
         "Machines that hold the written record: N or N,N,...")
    ->delimiter(',');
  option("--switches", args.switches,
         "Switches that all but 3 machines are behind: K or K,K,..., a cluster "
         "each")
    ->delimiter(',');
  app.add_flag("--sweep", args.sweep,
               "Holders 0,10,30,100,300,960; switches 0,10,40,100; all parts");
  option("--parts", args.parts,
         "What is measured: writes; quiet (nobody writes); churn (machines "
         "join, leave and die)")
    ->delimiter(',')
    ->check(CLI::IsMember({"writes", "quiet", "churn"}));
  option("--shards", x.shards, "Of the registry")->check(CLI::Range(1u, 64u));
  option("--writes", x.writes, "Measured for each number of holders")
    ->check(CLI::Range(1u, 1000u));
  option("--seed", x.seed, "Of everything that is random");
  option("--packet-cost", args.packet_cost_us,
         "Microseconds of processor for a packet at each end")
    ->check(CLI::Range(0u, 1000u));
  option("--idle-renewals", x.idle_renewals,
         "Renew idle leases in so many times the usual interval; 1: like all "
         "others; 0: as in production")
    ->check(CLI::Range(0, 1000));
  app.add_flag("--quiet", args.quiet, "Do not tell what is done");
  option("-o,--output", args.format, "table or json")
    ->check(CLI::IsMember({"table", "json"}));
}

scale_parts parts_of(const scale_arguments& args) {
  auto has = [&](const char* name) {
    return std::find(args.parts.begin(), args.parts.end(), name)
           != args.parts.end();
  };
  return {has("writes"), has("quiet"), has("churn")};
}

/// @returns what is wrong with the combination; empty = nothing
std::string refusal(const scale_arguments& args) {
  for (auto count : args.holders)
    if (count + 3 > args.options.machines)
      return "--holders " + std::to_string(count) + " needs --machines "
             + std::to_string(count + 3) + " at least: 3 of them store";
  return {};
}

} // namespace

bool asks_for_scale(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](auto x) { return std::string_view{x} == "--scale"; });
}

int run_scale(int argc, char** argv) {
  CLI::App app{
    "Measures messages, bytes and virtual latency of writes in a "
    "large simulated cluster of production machines."};
  scale_arguments args;
  add_options(app, args);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return app.exit(x) == 0 ? 0 : 2;
  }
  if (args.sweep) {
    args.holders = {0, 10, 30, 100, 300, 960};
    args.switches = {0, 10, 40, 100};
    args.parts = {"writes", "quiet", "churn"};
  }
  if (auto wrong = refusal(args); !wrong.empty()) {
    std::cerr << wrong << "\n";
    return 2;
  }
  std::sort(args.holders.begin(), args.holders.end());
  args.options.packet_cost = std::chrono::microseconds{args.packet_cost_us};
  if (!args.quiet)
    args.options.progress = &std::cerr;
  std::vector<scale_result> all;
  auto good = true;
  for (auto count : args.switches) {
    args.options.switches = count;
    all.push_back(measure_scale(args.options, args.holders, parts_of(args)));
    good = good && all.back().problem.empty();
  }
  (args.format == "json" ? print_scale_json : print_scale)(std::cout, all);
  return good ? 0 : 1;
}

} // namespace muster::sim
