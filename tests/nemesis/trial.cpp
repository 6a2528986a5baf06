// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/trial.hpp"

#include "tests/checker/history_json.hpp"
#include "tests/nemesis/fault_runner.hpp"
#include "tests/nemesis/final_check.hpp"
#include "tests/nemesis/workload.hpp"

#include <algorithm>
#include <fstream>

namespace muster::nemesis {

namespace {

using sim::answer;

/// From the end of the last fault to the end of the final check.
constexpr std::chrono::seconds final_patience{15};
/// Of the checker for each key; a run has far fewer unknown writes of a key.
constexpr size_t attempts_max = 100'000;

class trial {
public:
  trial(const trial_options& options, interrupts& signals)
    : options_(options), signals_(signals) {
    // nop
  }

  trial_result run() {
    if (auto done = play(); !done)
      fail(done.failure().message);
    std::stable_sort(history_.begin(), history_.end(),
                     [](auto& a, auto& b) { return a.call_ns < b.call_ns; });
    if (auto written = write_history(); !written)
      fail(written.failure().message);
    count();
    judge();
    return std::move(out_);
  }

private:
  /// Everything that needs the cluster, which is gone at the end.
  status play() {
    auto started = cluster::start({.directory = options_.directory,
                                   .machines = options_.machines,
                                   .switches = options_.switches},
                                  signals_);
    if (!started)
      return started.failure();
    auto& real = **started;
    std::ofstream log{options_.directory / "faults"};
    fault_runner faults{real, signals_, log};
    workload_options load{.seed = options_.seed,
                          .clients = options_.clients,
                          .shards = real.plan().shards};
    workload clients{load, real.addresses()};
    auto done = faults.run(make_schedule({.seed = options_.seed,
                                          .length = options_.length,
                                          .machines = options_.machines,
                                          .switches = options_.switches,
                                          .etcd = real.plan().etcd.size()}));
    auto until = interrupts::clock::now() + final_patience;
    // What went wrong first counts; the rest is done all the same.
    if (auto mended = faults.mend(); done)
      done = mended;
    history_ = clients.stop();
    out_.faults = faults.text();
    if (done)
      done = check_finally(real, signals_, {keys_of(load), until}, history_);
    if (done)
      done = judge_transactions(clients, real.addresses(), until);
    if (done)
      done = judge_sessions(clients, real.addresses(), until);
    if (done)
      done = judge_policies(clients, real.addresses(), until);
    if (auto dead = real.unexpected_death(); done && !dead.empty())
      done = error{errc::unavailable, dead};
    if (auto kind = faults.never_bit(); done && !kind.empty())
      done = error{errc::unavailable, "no fault of kind " + kind
                                        + " took effect: take another seed, or "
                                          "more seconds"};
    return done;
  }

  /// I2.
  status judge_transactions(const workload& clients,
                            const std::vector<cli::server_address>& machines,
                            interrupts::clock::time_point until) {
    auto finals = read_finals(machines, signals_, until);
    if (!finals)
      return finals.failure();
    std::vector<sim::transaction> all;
    std::string wrong;
    for (auto& each : clients.transactors()) {
      out_.transactions += each->committed_count();
      all.insert(all.end(), each->appends().begin(), each->appends().end());
      if (wrong.empty())
        wrong = each->problem();
    }
    if (wrong.empty())
      wrong = sim::check_transactions(all, *finals);
    if (wrong.empty())
      return ok();
    ++out_.violations;
    return error{errc::corrupt, "transactions: " + wrong};
  }

  /// U1, U2.
  status judge_sessions(const workload& clients,
                        const std::vector<cli::server_address>& machines,
                        interrupts::clock::time_point until) {
    for (auto& each : clients.owners()) {
      out_.sessions += each->ended_count();
      if (each->problem().empty())
        continue;
      ++out_.violations;
      return error{errc::corrupt, "sessions: " + each->problem()};
    }
    return check_sessions_gone(machines, signals_, until);
  }

  /// A1, A2.
  status judge_policies(const workload& clients,
                        const std::vector<cli::server_address>& machines,
                        interrupts::clock::time_point until) {
    out_.policy_changes = clients.policies().change_count();
    return check_policy_is_kept(machines, signals_, until);
  }

  status write_history() {
    if (options_.history.empty())
      return ok();
    std::ofstream file{options_.history};
    sim::write_json_lines(file, history_);
    file.close();
    if (!file)
      return error{errc::io, "cannot write " + options_.history.string()};
    return ok();
  }

  void count() {
    out_.operations = history_.size();
    for (auto& x : history_) {
      out_.failed += x.outcome == answer::failed ? 1 : 0;
      out_.unknown += x.outcome == answer::unknown ? 1 : 0;
      out_.copy_reads += x.served_from == "copy" ? 1 : 0;
    }
    out_.definite = out_.operations - out_.failed - out_.unknown;
    if (out_.transactions == 0)
      fail("no transaction was committed");
    if (out_.sessions == 0)
      fail("no session with a record was seen to live and to end");
    if (out_.policy_changes == 0)
      fail("no policy came or went");
    auto wanted = static_cast<size_t>(options_.length.count())
                  * options_.definite_each_second;
    if (out_.definite < wanted)
      fail("only " + std::to_string(out_.definite)
           + " definite operations instead of " + std::to_string(wanted));
    if (out_.unknown * 1000 > out_.operations * unknown_permille_max)
      fail(std::to_string(out_.unknown) + " of "
           + std::to_string(out_.operations)
           + " operations are unknown, which is too much to prove anything");
  }

  void judge() {
    auto found = sim::check(history_, {.attempts_max = attempts_max});
    out_.undecided_keys = found.undecided_count;
    if (found.undecided_count > 0)
      fail("the checker gave up on " + std::to_string(found.undecided_count)
           + " keys");
    if (found)
      return;
    ++out_.violations;
    // Before everything else.
    auto others = std::exchange(out_.problem, found.explanation);
    if (!others.empty())
      fail(others);
  }

  void fail(const std::string& why) {
    out_.problem += (out_.problem.empty() ? "" : "\n") + why;
  }

  const trial_options& options_;
  interrupts& signals_;
  sim::history history_;
  trial_result out_;
};

} // namespace

trial_result run_trial(const trial_options& options, interrupts& signals) {
  return trial{options, signals}.run();
}

} // namespace muster::nemesis
