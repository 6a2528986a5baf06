// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/cluster_ready.hpp"
#include "cli/etcd_caller.hpp"
#include "cli/launch/directory_lock.hpp"
#include "cli/launch/etcd_auth.hpp"
#include "cli/launch/preflight.hpp"
#include "cli/launch/supervisor.hpp"
#include "cli/output.hpp"
#include "cli/status_text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace muster::cli {

namespace {

constexpr std::chrono::minutes up_timeout{2};
constexpr std::chrono::milliseconds etcd_call_timeout{3'000};

struct up_options {
  launch::plan_options plan;
  bool detach = false;
  bool new_generation = false;
};

/// One start of a cluster.
struct launching {
  std::filesystem::path directory;
  launch::preflight checked;
  deadline end;
  launch::supervisor& processes;

  status start_etcd() {
    auto& plan = checked.plan;
    for (auto& each : plan.etcd)
      if (auto r = start(each.name, launch::etcd_start(directory, checked.found,
                                                       plan, each));
          !r)
        return r;
    for (auto& each : plan.etcd)
      if (auto r = wait("etcd to be healthy",
                        [&] {
                          return launch::etcd_is_healthy(
                            etcd_caller(etcd_call_timeout), each.client_port);
                        });
          !r)
        return r;
    if (plan.etcd.empty())
      return ok();
    auto password = launch::read_password(directory);
    if (!password)
      return password.failure();
    return launch::protect_etcd(etcd_caller(etcd_call_timeout),
                                plan.etcd.front().client_port, *password);
  }

  status start_machines() {
    // Switches first: then nobody looks for another way.
    for (auto switches : {true, false})
      for (auto& each : checked.plan.machines) {
        if (each.is_switch != switches)
          continue;
        auto how = launch::machine_start(directory, checked.found, each);
        if (auto r = start(each.id, std::move(how)); !r)
          return r;
      }
    return ok();
  }

  /// What runs already is left alone.
  status start(const std::string& name, launch::spawn_options how) {
    return checked.runs(name) ? ok() : processes.start(name, std::move(how));
  }

  status wait_until_served(cluster_ready& ready) {
    auto done = wait("the cluster to serve", [&] { return ready.poll(); });
    if (!done && done.failure().code == errc::timed_out)
      return error{errc::timed_out,
                   "waited for " + ready.waiting_for() + " in vain; the logs "
                     "are in " + directory.string() + "/*/log"};
    return done;
  }

  status wait(const std::string& what, const std::function<bool()>& condition) {
    return processes.wait_until("waiting for " + what,
                                launch::supervisor::clock::now() + end.left(),
                                condition);
  }
};

status print_started(const globals& x, const json& status, bool detach) {
  if (x.json)
    return print(http::to_text(status) + "\n");
  if (auto printed = print(status_text(status, false)); !printed)
    return printed;
  auto dir = target_options(x);
  // The last machine, which is no switch.
  auto& machines = status["machines"];
  auto stores = [](auto& each) { return show(each, "role") != "switch"; };
  auto& last = *std::find_if(machines.rbegin(), machines.rend(), stores);
  say("\nNext:\n  muster put /a/b hello" + dir + "\n  muster get /a/b" + dir
      + " --machine " + show(last, "id") + "\n  muster status" + dir
      + (detach ? "\n  muster down" + dir : "\nCtrl-C stops the cluster."));
  return ok();
}

/// The next generation of the cluster: empty, what was stored set aside.
status begin_generation(const std::filesystem::path& directory,
                        launch::preflight& x) {
  if (!x.existing)
    return error{errc::invalid_argument,
                 "--new-generation is for a cluster that exists"};
  if (auto r = launch::set_data_aside(directory, x.plan); !r)
    return r;
  ++x.plan.generation;
  return launch::write_plan(directory, x.plan);
}

status start_all(const globals& x, const up_options& how,
                 const std::filesystem::path& directory,
                 launch::supervisor& processes) {
  auto lock = launch::directory_lock::take(directory);
  if (!lock)
    return lock.failure();
  auto checked = launch::check_before_start(directory, how.plan,
                                            how.detach && !how.new_generation);
  if (!checked)
    return checked.failure();
  auto& plan = checked->plan;
  if (how.new_generation)
    if (auto r = begin_generation(directory, *checked); !r)
      return r;
  if (!checked->existing)
    if (auto r = launch::write_plan(directory, plan); !r)
      return r;
  if (auto r = launch::write_layout(directory, plan); !r)
    return r;
  auto count = plan.machines.size() + plan.etcd.size() - checked->alive.size();
  if (count > 0)
    say("starting " + std::to_string(count) + " processes in "
        + directory.string());
  else
    say("everything in " + directory.string() + " runs already");
  launching run{directory, std::move(*checked),
                deadline{x.timeout_or(up_timeout)}, processes};
  if (auto r = run.start_etcd(); !r)
    return r;
  if (auto r = run.start_machines(); !r)
    return r;
  cluster_ready ready{run.checked.plan};
  if (auto r = run.wait_until_served(ready); !r)
    return r;
  return print_started(x, ready.status(), how.detach);
}

exit_code up(const globals& x, const up_options& how) {
  attempt trying{"up"};
  auto directory = std::filesystem::absolute(x.dir).lexically_normal();
  launch::supervisor processes{directory, how.detach};
  auto existed = static_cast<bool>(launch::read_plan(directory));
  if (auto done = start_all(x, how, directory, processes); !done) {
    if (done.failure().code != errc::invalid_argument)
      trying.next = "muster doctor" + target_options(x);
    // What is wrong may be elsewhere: machines that were down serve again.
    if (how.detach && existed && done.failure().code == errc::timed_out) {
      processes.let_go();
      trying.applied = "the processes were started and go on";
    }
    return report(x, done.failure(), trying);
  }
  if (how.detach) {
    processes.let_go();
    return exit_code::ok;
  }
  auto ended = processes.watch(say);
  say("stopping");
  auto killed = processes.stop_all();
  if (killed > 0)
    say(std::to_string(killed) + " processes did not stop in time and were "
                                 "killed; nothing acknowledged is lost");
  return ended ? exit_code::ok : report(x, ended.failure(), trying);
}

exit_code down(const globals& x) {
  attempt trying{"down"};
  auto directory = std::filesystem::absolute(x.dir).lexically_normal();
  auto plan = launch::read_plan(directory);
  if (!plan) {
    if (plan.failure().code == errc::not_found)
      trying.next = "muster down --dir DIRECTORY, the one of `muster up`";
    return report(x, plan.failure(), trying);
  }
  auto lock = launch::directory_lock::take(directory);
  if (!lock)
    return report(x, lock.failure(), trying);
  auto running = launch::running_processes(directory, *plan);
  auto killed = launch::stop_processes(directory, running);
  json out{{"stopped", running.size()}, {"killed", killed}};
  auto text = x.json
                ? http::to_text(out)
                : std::to_string(running.size()) + " processes stopped"
                    + (killed > 0
                         ? ", " + std::to_string(killed) + " of them killed"
                         : "");
  return print(text + "\n") ? exit_code::ok : exit_code::failed;
}

} // namespace

void add_launch_commands(CLI::App& app, invocation& to) {
  auto start = app.add_subcommand(
    "up", "Start a cluster on this host, or again where it was stopped");
  auto how = std::make_shared<up_options>();
  auto& plan = how->plan;
  start->add_option("--machines", plan.machines, "how many (default 5)");
  start->add_option("--switches", plan.switches,
                    "how many beside the machines, which are put behind them "
                    "in turn (default 0)");
  start->add_option("--replication", plan.replication,
                    "copies of each shard (default 3)");
  start->add_option("--shards", plan.shards,
                    "parts of the registry (default 64)");
  start->add_option("--etcd", plan.etcd, "members of etcd: 1 (default) or 3");
  start->add_option("--base-port", plan.base_port,
                    "first of two ports for each process; else free ones");
  start->add_flag("--detach", how->detach,
                  "return when it serves; `muster down` stops it");
  start->add_flag("--new-generation", how->new_generation,
                  "start empty, with all stored data renamed: after the "
                  "coordinator's data was lost, before `backup restore`");
  start->callback(
    [how, &to] { to.run = [how, &to] { return up(to.common, *how); }; });
  app.add_subcommand("down", "Stop the cluster of --dir")->callback([&to] {
    to.run = [&to] { return down(to.common); };
  });
}

} // namespace muster::cli
