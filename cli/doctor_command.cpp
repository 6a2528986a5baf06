// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/doctor_stores.hpp"
#include "cli/output.hpp"
#include "cli/servers.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace muster::cli {

namespace {

void append(findings& to, findings what) {
  for (auto& each : what)
    to.push_back(std::move(each));
}

findings look_at_address(const globals& x) {
  auto servers = find_servers(x);
  if (!servers)
    return {{health::fail, "token", servers.failure().message,
             "chmod 600, or another --token-file"}};
  return check_server(servers->front());
}

findings look(const globals& x) {
  // The disk, the directory and the clock of the address's host are not seen
  // from here.
  if (!x.address.empty())
    return look_at_address(x);
  findings out;
  append(out, check_clock());
  auto directory = std::filesystem::absolute(x.dir).lexically_normal();
  auto plan = launch::read_plan(directory);
  if (!plan) {
    bool absent = plan.failure().code == errc::not_found;
    out.push_back({absent ? health::warn : health::fail, "cluster",
                   plan.failure().message, "muster up"});
    launch::cluster_plan wanted;
    wanted.etcd.emplace_back();
    append(out, check_programs(wanted));
    append(out, check_disk(std::filesystem::current_path()));
    return out;
  }
  append(out, check_programs(*plan));
  append(out, check_disk(directory));
  append(out, check_stores(directory, *plan));
  append(out, check_ports(directory, *plan));
  append(out, check_certificates(directory, *plan));
  append(out, check_etcd(*plan));
  append(out, check_machines(*plan));
  return out;
}

json json_of_findings(const findings& all) {
  auto out = json::array();
  for (auto& each : all)
    out.push_back({{"state", to_string(each.how)},
                   {"what", each.what},
                   {"detail", each.detail},
                   {"advice", each.advice}});
  return out;
}

std::string text_of_findings(const findings& all) {
  table out{{"STATE", "WHAT", "FOUND", "WHAT TO DO"}};
  for (auto& each : all)
    out.add({to_string(each.how), each.what, each.detail, each.advice});
  return out.text();
}

exit_code doctor(const globals& x) {
  auto all = look(x);
  auto printed = print(x.json ? http::to_text(json_of_findings(all)) + "\n"
                              : text_of_findings(all));
  if (!printed)
    return exit_code::failed;
  for (auto& each : all)
    if (each.how == health::fail)
      return exit_code::failed;
  return exit_code::ok;
}

} // namespace

void add_doctor_command(CLI::App& app, invocation& to) {
  app.add_subcommand("doctor", "Find what is wrong, and say what to do")
    ->callback([&to] { to.run = [&to] { return doctor(to.common); }; });
}

} // namespace muster::cli
