// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/cluster.hpp"

#include "cli/cluster_ready.hpp"
#include "cli/etcd_caller.hpp"
#include "cli/launch/etcd_auth.hpp"
#include "cli/launch/plan.hpp"
#include "cli/launch/supervisor.hpp"
#include "runtime/endpoint/endpoint_file.hpp"

#include <fstream>
#include <iterator>
#include <signal.h>
#include <sys/wait.h>

namespace muster::nemesis {

namespace {

using time_point = interrupts::clock::time_point;

constexpr std::chrono::seconds start_patience{90};
constexpr std::chrono::seconds stop_patience{2};
constexpr std::chrono::milliseconds etcd_call_timeout{3'000};
constexpr size_t log_lines = 20;

/// Whether the system shows the process as stopped by a signal.
bool is_stopped(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto end = text.rfind(')');
  return end != std::string::npos && text.substr(end, 3) == ") T";
}

} // namespace

result<std::unique_ptr<cluster>> cluster::start(const cluster_options& options,
                                                interrupts& signals) {
  std::unique_ptr<cluster> out{new cluster{options.directory}};
  auto time = interrupts::clock::now() + start_patience;
  if (auto done = out->prepare(options); !done)
    return done.failure();
  if (auto done = out->start_etcd(signals, time); !done)
    return done.failure();
  if (auto done = out->start_machines(signals, time); !done)
    return done.failure();
  return out;
}

cluster::~cluster() {
  std::vector<std::pair<std::string, launch::process_record>> all;
  for (auto& each : processes_) {
    resume(each.first);
    all.push_back(each);
  }
  launch::stop_processes(directory_, all);
}

status cluster::prepare(const cluster_options& options) {
  auto plan = launch::make_plan({.machines = options.machines,
                                 .switches = options.switches,
                                 .shards = options.shards,
                                 .etcd = options.etcd});
  if (!plan)
    return plan.failure();
  plan_ = std::move(*plan);
  auto found = launch::find_programs(plan_);
  if (!found)
    return found.failure();
  programs_ = std::move(*found);
  if (auto done = launch::write_plan(directory_, plan_); !done)
    return done;
  if (auto done = launch::write_layout(directory_, plan_); !done)
    return done;
  std::vector<uint16_t> ports;
  for (auto& each : plan_.machines)
    ports.push_back(each.peer_port);
  auto links = network::start(ports);
  if (!links)
    return links.failure();
  network_ = std::move(*links);
  return ok();
}

status cluster::start_etcd(interrupts& signals, time_point time) {
  for (auto& each : plan_.etcd)
    if (auto done = start(each.name); !done)
      return done;
  for (auto& each : plan_.etcd) {
    auto healthy = [&] {
      return launch::etcd_is_healthy(cli::etcd_caller(etcd_call_timeout),
                                     each.client_port);
    };
    if (!signals.wait_for(time, healthy))
      return error{errc::timed_out, "waited for " + each.name
                                      + " to be healthy in vain; its log is in "
                                      + directory_.string()};
  }
  auto password = launch::read_password(directory_);
  if (!password)
    return password.failure();
  return launch::protect_etcd(cli::etcd_caller(etcd_call_timeout),
                              plan_.etcd.front().client_port, *password);
}

status cluster::start_machines(interrupts& signals, time_point time) {
  for (auto& each : plan_.machines)
    if (auto done = start(each.id); !done)
      return done;
  if (auto done = wait_until_served(signals, time); !done)
    return done;
  for (auto& each : plan_.machines) {
    if (each.is_switch)
      continue;
    auto folder = launch::folder_of(directory_, each.id);
    auto token = read_token(folder / "data" / "token");
    if (!token)
      return token.failure();
    addresses_.push_back(
      {each.id, "127.0.0.1:" + std::to_string(each.http_port), *token});
  }
  return ok();
}

status cluster::wait_until_served(interrupts& signals, time_point time) const {
  cli::cluster_ready ready{plan_};
  if (signals.wait_for(time, [&] { return ready.poll(); }))
    return ok();
  return error{errc::timed_out, "waited for " + ready.waiting_for()
                                  + " in vain; the logs are in "
                                  + directory_.string() + "/*/log"};
}

launch::spawn_options cluster::how_to_start(const std::string& name) const {
  for (auto& each : plan_.etcd)
    if (each.name == name)
      return launch::etcd_start(directory_, programs_, plan_, each);
  auto& machines = plan_.machines;
  size_t self = 0;
  while (machines.at(self).id != name)
    ++self;
  auto how = launch::machine_start(directory_, programs_, machines[self]);
  for (size_t to = 0; to < machines.size(); ++to)
    if (to != self) {
      auto port = std::to_string(network_->port({self, to}));
      how.arguments.insert(how.arguments.end(),
                           {"--peer-via",
                            machines[to].id + "=127.0.0.1:" + port});
    }
  return how;
}

status cluster::start(const std::string& name) {
  if (processes_.contains(name))
    return ok();
  auto started = launch::spawn(how_to_start(name));
  if (!started)
    return started.failure();
  processes_[name] = *started;
  return launch::write_record(launch::folder_of(directory_, name), *started);
}

bool cluster::kill(const std::string& name) {
  auto found = processes_.extract(name);
  if (!found || !launch::is_alive(found.mapped()))
    return false;
  auto pid = found.mapped().pid;
  ::kill(pid, SIGKILL);
  int how = 0;
  return ::waitpid(pid, &how, 0) == pid && WIFSIGNALED(how)
         && WTERMSIG(how) == SIGKILL;
}

bool cluster::pause(const std::string& name, interrupts& signals) {
  auto found = processes_.find(name);
  if (found == processes_.end() || !launch::is_alive(found->second))
    return false;
  auto pid = found->second.pid;
  ::kill(pid, SIGSTOP);
  return signals.wait_for(interrupts::clock::now() + stop_patience,
                          [pid] { return is_stopped(pid); });
}

void cluster::resume(const std::string& name) {
  auto found = processes_.find(name);
  if (found != processes_.end() && launch::is_alive(found->second))
    ::kill(found->second.pid, SIGCONT);
}

std::string cluster::unexpected_death() const {
  for (auto& [name, record] : processes_)
    if (!launch::is_alive(record)) {
      auto log = launch::folder_of(directory_, name) / "log";
      return name + " ended by itself; the end of " + log.string() + ":\n"
             + launch::last_lines(log, log_lines);
    }
  return {};
}

} // namespace muster::nemesis
