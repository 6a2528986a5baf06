// SPDX-License-Identifier: Apache-2.0
#include "bench/muster_cluster.hpp"

#include "runtime/pki/pki.hpp"

#include <chrono>
#include <csignal>
#include <iostream>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace muster::bench {

namespace {

constexpr uint32_t machines_count = 3;

result<pid_t> spawn_child(const std::string& directory, const std::string& id,
                          const std::string& etcd) {
  std::string words[] = {"muster-bench", "serve", directory, id, etcd};
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  auto failed = posix_spawn(&child, "/proc/self/exe", nullptr, nullptr,
                            arguments.data(), environ);
  if (failed != 0)
    return error{errc::io, "cannot start a machine of the benchmark"};
  return child;
}

/// Every shard has answered a write.
bool served(machine& m) {
  for (int i = 0; i < 512; ++i) {
    command x;
    x.operations.push_back(
      {operation_kind::put, "/ready/" + std::to_string(i), "1"});
    submit_options options;
    options.timeout = std::chrono::seconds{20};
    if (m.submit(std::move(x), options).what != outcome::committed)
      return false;
  }
  return true;
}

} // namespace

settings cluster_settings(const std::string& directory, const std::string& id,
                          const std::string& etcd, uint32_t count) {
  settings out;
  auto& p = out.process;
  p.id = machine_id{id};
  p.data_dir = directory + "/" + id;
  p.listen_port = 0;
  p.coordinator = coordinator_kind::etcd;
  p.etcd_endpoints = {"http://" + etcd};
  p.first_machines = count;
  p.ca_file = directory + "/pki/ca.pem";
  p.cert_file = directory + "/pki/" + id + ".pem";
  p.key_file = directory + "/pki/" + id + ".key";
  p.log_level = severity::warning;
  p.inventory = false; // nothing is written but what is measured
  return out;
}

int serve(const std::string& directory, const std::string& id,
          const std::string& etcd) {
  // Whoever started it may die before it says so.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  auto started = machine::start(cluster_settings(directory, id, etcd));
  if (!started) {
    std::cerr << id << ": " << started.failure().message << '\n';
    return 1;
  }
  pause(); // until the parent's signal
  return 0;
}

result<std::unique_ptr<muster_cluster>>
muster_cluster::start(const std::string& directory, const std::string& etcd) {
  auto folder = directory + "/pki";
  if (auto made = pki::create_ca(folder, {"bench", std::chrono::days{2}});
      !made)
    return made.failure();
  std::unique_ptr<muster_cluster> out{new muster_cluster};
  for (uint32_t i = 1; i <= machines_count; ++i) {
    auto id = "m" + std::to_string(i);
    auto issued = pki::issue_certificate(folder, folder,
                                         {id, {}, std::chrono::days{1}});
    if (!issued)
      return issued.failure();
    if (i == 1)
      continue;
    auto child = spawn_child(directory, id, etcd);
    if (!child)
      return child.failure();
    out->children_.push_back(*child);
  }
  auto first = machine::start(cluster_settings(directory, "m1", etcd));
  if (!first)
    return first.failure();
  out->first_ = std::move(*first);
  if (!served(*out->first_))
    return error{errc::unavailable, "the benchmark's cluster is not served"};
  return out;
}

muster_cluster::~muster_cluster() {
  first_.reset();
  for (auto child : children_)
    kill(child, SIGTERM);
  for (auto child : children_)
    waitpid(child, nullptr, 0);
}

} // namespace muster::bench
