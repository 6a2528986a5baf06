// SPDX-License-Identifier: Apache-2.0

// muster-nemesis: a cluster of real processes under faults, and the judgement
// of everything that its clients were told.
//
// Exit status: 0 nothing is wrong, 1 something is (the directory stays), 2
// usage.

#include "tests/nemesis/trial.hpp"

#include <CLI/CLI.hpp>
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace {

using namespace muster::nemesis;
namespace fs = std::filesystem;

struct arguments {
  trial_options trial;
  unsigned seconds = 60;
  std::optional<size_t> switches;
  bool keep = false;
};

/// An empty directory below the one for temporary files; empty = none.
fs::path make_directory() {
  auto path = (fs::temp_directory_path() / "muster-nemesis-XXXXXX").string();
  return ::mkdtemp(path.data()) != nullptr ? fs::path{path} : fs::path{};
}

void print(const arguments& args, const trial_result& x) {
  std::printf(
    "seed %llu: %s; %zu operations, %zu definite, %zu failed, %zu unknown (%zu "
    "permille), %zu reads of copies, %zu transactions, %zu sessions, %zu "
    "changes of policies, %zu violations, %zu "
    "keys undecided; "
    "faults that took effect: %s\n",
    static_cast<unsigned long long>(args.trial.seed),
    x.problem.empty() ? "passed" : "FAILED", x.operations, x.definite, x.failed,
    x.unknown, x.unknown_permille(), x.copy_reads, x.transactions, x.sessions,
    x.policy_changes, x.violations, x.undecided_keys,
    x.faults.empty() ? "none" : x.faults.c_str());
  if (!x.problem.empty())
    std::printf("%s\n", x.problem.c_str());
}

int run(arguments& args, interrupts& signals) {
  auto& trial = args.trial;
  trial.length = std::chrono::seconds{args.seconds};
  trial.switches = args.switches.value_or(trial.seed % 2 == 1 ? 2 : 0);
  trial.directory = make_directory();
  if (trial.directory.empty()) {
    std::fprintf(stderr,
                 "muster-nemesis: cannot make a directory below %s: set TMPDIR "
                 "to one that can be written\n",
                 fs::temp_directory_path().c_str());
    return 1;
  }
  if (trial.history.empty())
    trial.history = trial.directory / "history.jsonl";
  auto result = run_trial(trial, signals);
  print(args, result);
  if (result.problem.empty() && !args.keep) {
    std::error_code ignored;
    fs::remove_all(trial.directory, ignored);
    return 0;
  }
  std::printf("logs and data: %s\nhistory: %s\n", trial.directory.c_str(),
              trial.history.c_str());
  return result.problem.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{
    "Runs five machines, none or two switches and three members of etcd as\n"
    "processes, breaks links and processes while clients work, and checks\n"
    "what the clients were told."};
  arguments args;
  app.add_option("--seed", args.trial.seed,
                 "Of the faults and the operations (default 1)");
  app
    .add_option("--seconds", args.seconds,
                "How long faults go on (default 60); more follow for the end")
    ->check(CLI::Range(10u, 3600u));
  app
    .add_option(
      "--switches", args.switches,
      "The machines are behind so many; else the seed chooses: an odd "
      "one two, an even one none")
    ->check(CLI::Range(0u, 5u));
  app.add_option("--out", args.trial.history,
                 "Write the history to this file as JSON lines");
  app.add_option("--clients", args.trial.clients, "How many (default 32)")
    ->check(CLI::Range(1u, 40u));
  app.add_option("--definite-each-second", args.trial.definite_each_second,
                 "Fewer definite operations fail the run (default 333)");
  app.add_flag("--keep", args.keep, "Keep the directory of a good run too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& what) {
    return app.exit(what) == 0 ? 0 : 2;
  }
  interrupts signals;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return run(args, signals);
}
