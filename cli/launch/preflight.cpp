// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/preflight.hpp"

#include "cli/launch/ports.hpp"

#include <chrono>
#include <thread>

namespace muster::launch {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds ports_patience{2};

status check_new_directory(const fs::path& directory) {
  std::error_code ec;
  if (!fs::exists(directory, ec))
    return ok();
  if (!fs::is_directory(directory, ec))
    return error{errc::invalid_argument,
                 directory.string() + " is not a directory"};
  for (auto& entry : fs::directory_iterator{directory, ec})
    if (entry.path().filename() != "lock")
      return error{errc::invalid_argument,
                   directory.string() + " is neither empty nor a cluster's "
                                        "directory: take another --dir"};
  if (ec)
    return error{errc::io, directory.string() + ": " + ec.message()};
  return ok();
}

/// Which ports of processes that do not run are in use; empty: none.
std::string ports_in_use(const preflight& x) {
  std::string taken;
  auto check = [&](uint16_t port, const std::string& whose) {
    if (!x.runs(whose) && !port_is_free(port))
      taken += (taken.empty() ? "" : ", ") + std::to_string(port) + " (for "
               + whose + ")";
  };
  for (auto& each : x.plan.machines) {
    check(each.peer_port, each.id);
    check(each.http_port, each.id);
  }
  for (auto& each : x.plan.etcd) {
    check(each.client_port, each.name);
    check(each.peer_port, each.name);
  }
  return taken;
}

/// A killed process holds its ports until its last thread is gone, which may be
/// after it counts as dead: they are given a moment.
status check_ports(const preflight& x) {
  using clock = std::chrono::steady_clock;
  auto end = clock::now() + ports_patience;
  auto taken = ports_in_use(x);
  while (!taken.empty() && clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    taken = ports_in_use(x);
  }
  if (taken.empty())
    return ok();
  return error{errc::in_use, "these ports are in use: " + taken
                               + "; stop who listens there (ss -ltnp), or "
                                 "take another --base-port and --dir"};
}

result<preflight> begin(const fs::path& directory, const plan_options& x) {
  preflight out;
  auto existing = read_plan(directory);
  if (existing) {
    if (auto same = check_same(*existing, x); !same)
      return same.failure();
    out.plan = std::move(*existing);
    out.existing = true;
    return out;
  }
  if (existing.failure().code != errc::not_found)
    return existing.failure();
  if (auto empty = check_new_directory(directory); !empty)
    return empty.failure();
  auto made = make_plan(x);
  if (!made)
    return made.failure();
  out.plan = std::move(*made);
  return out;
}

} // namespace

bool preflight::runs(const std::string& name) const {
  for (auto& each : alive)
    if (each.first == name)
      return true;
  return false;
}

result<preflight> check_before_start(const fs::path& directory,
                                     const plan_options& x, bool may_run) {
  auto out = begin(directory, x);
  if (!out)
    return out;
  out->alive = running_processes(directory, out->plan);
  if (!may_run && !out->alive.empty()) {
    std::string names;
    for (auto& [name, record] : out->alive)
      names += " " + name + " (pid " + std::to_string(record.pid) + ")";
    return error{errc::in_use, "the cluster in " + directory.string()
                                 + " runs already:" + names
                                 + "; `muster down` stops it, and --detach "
                                   "starts only what is missing"};
  }
  auto found = find_programs(out->plan);
  if (!found)
    return found.failure();
  out->found = std::move(*found);
  if (auto free = check_ports(*out); !free)
    return free.failure();
  return out;
}

running running_processes(const fs::path& directory, const cluster_plan& x) {
  running out;
  auto add = [&](const std::string& name) {
    auto record = read_record(folder_of(directory, name));
    if (record && is_alive(*record))
      out.emplace_back(name, *record);
  };
  // In the order of their start.
  for (auto& each : x.etcd)
    add(each.name);
  for (auto& each : x.machines)
    add(each.id);
  return out;
}

} // namespace muster::launch
