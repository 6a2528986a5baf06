// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/grow.hpp"

#include "cli/launch/directory_lock.hpp"
#include "cli/launch/layout.hpp"
#include "cli/launch/plan.hpp"
#include "cli/launch/ports.hpp"

#include <algorithm>

namespace muster::launch {

namespace {

/// The switch with the fewest machines behind it; empty: there is none.
std::string emptiest_switch(const cluster_plan& x) {
  std::string out;
  auto fewest = x.machines.size() + 1;
  for (auto& each : x.machines) {
    auto is_behind = [&](auto& m) { return m.behind == each.id; };
    auto count = static_cast<size_t>(
      std::count_if(x.machines.begin(), x.machines.end(), is_behind));
    if (!each.is_switch || count >= fewest)
      continue;
    out = each.id;
    fewest = count;
  }
  return out;
}

} // namespace

result<planned_machine> next_machine(const std::filesystem::path& directory,
                                     const cluster_plan& x,
                                     const std::string& behind) {
  auto is_it = [&](auto& m) { return m.is_switch && m.id == behind; };
  if (!behind.empty()
      && std::none_of(x.machines.begin(), x.machines.end(), is_it))
    return error{errc::invalid_argument, "there is no switch " + behind};
  if (x.etcd.empty())
    return error{errc::invalid_argument,
                 "a cluster of one machine has its coordinator inside: it "
                 "cannot grow; start another one with --machines"};
  if (x.machines.size() >= machines_max)
    return error{errc::invalid_argument, "a cluster on one host has at most "
                                           + std::to_string(machines_max)
                                           + " machines"};
  auto ports = choose_ports(2);
  if (!ports)
    return ports.failure();
  planned_machine out;
  for (size_t i = 1; out.id.empty(); ++i) {
    auto name = "m" + std::to_string(i);
    auto has_name = [&](auto& m) { return m.id == name; };
    std::error_code ec; // data of one that was removed is not taken over
    if (std::none_of(x.machines.begin(), x.machines.end(), has_name)
        && !std::filesystem::exists(folder_of(directory, name), ec))
      out.id = name;
  }
  out.behind = behind.empty() ? emptiest_switch(x) : behind;
  out.peer_port = (*ports)[0];
  out.http_port = (*ports)[1];
  return out;
}

result<planned_machine> add_machine(const std::filesystem::path& directory,
                                    const std::string& behind) {
  auto lock = directory_lock::take(directory);
  if (!lock)
    return lock.failure();
  auto plan = read_plan(directory);
  if (!plan)
    return plan.failure();
  auto found = find_programs(*plan);
  if (!found)
    return found.failure();
  auto added = next_machine(directory, *plan, behind);
  if (!added)
    return added.failure();
  auto is_switch = [](auto& m) { return m.is_switch; };
  plan->machines.insert(std::find_if(plan->machines.begin(),
                                     plan->machines.end(), is_switch),
                        *added);
  if (auto r = write_layout(directory, *plan); !r)
    return r.failure();
  if (auto r = write_plan(directory, *plan); !r)
    return r.failure();
  auto how = machine_start(directory, *found, *added);
  how.detach = true;
  auto started = spawn(how);
  if (!started)
    return started.failure();
  if (auto r = write_record(folder_of(directory, added->id), *started); !r)
    return r.failure();
  return *added;
}

status forget_machine(const std::filesystem::path& directory,
                      const std::string& id) {
  auto lock = directory_lock::take(directory);
  if (!lock)
    return lock.failure();
  auto plan = read_plan(directory);
  if (!plan)
    return plan.failure();
  std::erase_if(plan->machines, [&](auto& m) { return m.id == id; });
  return write_plan(directory, *plan);
}

} // namespace muster::launch
