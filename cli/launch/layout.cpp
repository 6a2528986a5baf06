// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/layout.hpp"

#include "runtime/pki/files.hpp"
#include "runtime/pki/pki.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace muster::launch {

namespace {

namespace fs = std::filesystem;

constexpr const char* password_name = "etcd.password";
constexpr mode_t for_owner = 0600;

/// Enough of a log's end for `last_lines`.
constexpr std::streamoff tail_bytes = 16 * 1024;

std::string etcd_url(uint16_t port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

/// A TOML basic string; JSON's escapes are a part of TOML's.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true,
                                   nlohmann::json::error_handler_t::replace);
}

std::string in_path(const std::string& name) {
  auto path = std::getenv("PATH");
  std::istringstream folders{path != nullptr ? path : "/usr/bin:/bin"};
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    auto file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0)
      return fs::absolute(file).string();
  }
  return {};
}

fs::path devices_of(const fs::path& folder) {
  return folder / "devices" / "data";
}

/// Of what is free on the disk, for each machine's device: half of it for all
/// together, such as `12.5%`. The rest is for the registry and for others.
std::string share_of(const cluster_plan& x) {
  constexpr size_t permille = 500;
  auto machines = x.machines.size() - x.switch_count();
  auto each = permille / std::max<size_t>(machines, 1);
  return std::to_string(each / 10) + "." + std::to_string(each % 10) + "%";
}

std::string machine_toml(const fs::path& directory, const cluster_plan& plan,
                         const planned_machine& x,
                         const std::string& password) {
  auto folder = folder_of(directory, x.id);
  std::string out = "# Written by `muster up`; what is changed here is lost.\n";
  auto set = [&out](const std::string& name, const std::string& value) {
    out += name + " = " + value + "\n";
  };
  set("id", quoted(x.id));
  set("cluster_name", quoted(plan.name));
  set("data_dir", quoted(folder / "data"));
  set("listen_port", std::to_string(x.peer_port));
  set("http_port", std::to_string(x.http_port));
  set("ca_file", quoted(directory / "ca" / "ca.pem"));
  set("cert_file", quoted(folder / (x.id + ".pem")));
  set("key_file", quoted(folder / (x.id + ".key")));
  set("coordinator", plan.etcd.empty() ? "\"embedded\"" : "\"etcd\"");
  // Else the first machine would take every shard before the others come.
  set("first_machines",
      std::to_string(plan.machines.size() - plan.switch_count()));
  if (x.is_switch)
    set("role", "\"switch\"");
  if (!x.behind.empty())
    set("switch", quoted(x.behind));
  if (!plan.etcd.empty()) {
    std::string urls;
    for (auto& each : plan.etcd)
      urls += (urls.empty() ? "" : ", ") + quoted(etcd_url(each.client_port));
    set("etcd_endpoints", "[" + urls + "]");
    set("etcd_user", "\"root\"");
    set("etcd_password", quoted(password));
  }
  if (!x.is_switch) {
    // The host's disks are not this machine's alone: a part of one is.
    set("inventory_discover", "false");
    set("inventory_devices",
        quoted("data=" + devices_of(folder).string() + "@" + share_of(plan)));
  }
  out += "\n[cluster]\n";
  set("generation", std::to_string(plan.generation));
  set("shard_count", std::to_string(plan.shards));
  set("replication", std::to_string(plan.replication));
  if (plan.replication == 1)
    set("min_copies", "1");
  return out;
}

status make_folder(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec)
    return error{errc::io,
                 "cannot make " + folder.string() + ": " + ec.message()};
  return ok();
}

status make_ca(const fs::path& directory, const cluster_plan& x) {
  if (fs::exists(directory / "ca" / "ca.pem"))
    return ok();
  return pki::create_ca(directory / "ca", {.cluster_id = x.name});
}

status make_password(const fs::path& directory) {
  if (fs::exists(directory / password_name))
    return ok();
  auto made = pki::random_token();
  if (!made)
    return made.failure();
  return pki::write_file(directory / password_name, *made, for_owner);
}

status make_machine(const fs::path& directory, const cluster_plan& plan,
                    const planned_machine& x, const std::string& password) {
  auto folder = folder_of(directory, x.id);
  if (auto made = make_folder(folder / "data"); !made)
    return made;
  if (!x.is_switch)
    if (auto made = make_folder(devices_of(folder)); !made)
      return made;
  if (!fs::exists(folder / (x.id + ".pem"))) {
    auto issued = pki::issue_certificate(directory / "ca", folder,
                                         {.machine = x.id, .hosts = {}});
    if (!issued)
      return issued;
  }
  // It has etcd's password in it.
  return pki::write_file(folder / "machine.toml",
                         machine_toml(directory, plan, x, password), for_owner);
}

} // namespace

result<programs> find_programs(const cluster_plan& x) {
  programs out;
  std::error_code ec;
  auto self = fs::read_symlink("/proc/self/exe", ec);
  out.musterd = (self.parent_path() / "musterd").string();
  if (ec || ::access(out.musterd.c_str(), X_OK) != 0)
    return error{errc::not_found, "there is no program " + out.musterd
                                    + ": build it beside muster"};
  if (x.etcd.empty())
    return out;
  auto chosen = std::getenv("MUSTER_ETCD");
  out.etcd = chosen != nullptr ? chosen : in_path("etcd");
  if (out.etcd.empty() || ::access(out.etcd.c_str(), X_OK) != 0)
    return error{errc::not_found,
                 "there is no program etcd in PATH: apt-get "
                 "install etcd-server"};
  // As /proc shows it, which tells the process from others later.
  out.etcd = fs::canonical(out.etcd, ec).string();
  return out;
}

status write_layout(const fs::path& directory, const cluster_plan& x) {
  if (auto made = make_ca(directory, x); !made)
    return made;
  if (auto made = make_password(directory); !made)
    return made;
  auto password = read_password(directory);
  if (!password)
    return password.failure();
  for (auto& each : x.machines)
    if (auto made = make_machine(directory, x, each, *password); !made)
      return made;
  for (auto& each : x.etcd)
    if (auto made = make_folder(folder_of(directory, each.name)); !made)
      return made;
  return ok();
}

status set_data_aside(const fs::path& directory, const cluster_plan& x) {
  auto suffix = ".generation-" + std::to_string(x.generation);
  std::vector<fs::path> data;
  for (auto& each : x.etcd)
    data.push_back(folder_of(directory, each.name) / "data");
  for (auto& each : x.machines)
    for (auto name : {"store", "coordinator"})
      data.push_back(folder_of(directory, each.id) / "data" / name);
  for (auto& from : data) {
    auto to = from;
    to += suffix;
    std::error_code ec;
    if (!fs::exists(from, ec))
      continue;
    if (fs::exists(to, ec))
      return error{errc::invalid_argument, to.string() + " is in the way"};
    fs::rename(from, to, ec);
    if (ec)
      return error{errc::io, "cannot rename " + from.string() + " to "
                               + to.string() + ": " + ec.message()};
  }
  return ok();
}

result<std::string> read_password(const fs::path& directory) {
  auto file = directory / password_name;
  std::ifstream in{file};
  if (!in)
    return error{errc::not_found, "cannot read " + file.string()};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

spawn_options machine_start(const fs::path& directory, const programs& found,
                            const planned_machine& x) {
  auto folder = folder_of(directory, x.id);
  return {.program = found.musterd,
          .arguments = {"--config", folder / "machine.toml"},
          .log_file = folder / "log"};
}

spawn_options etcd_start(const fs::path& directory, const programs& found,
                         const cluster_plan& plan, const planned_etcd& x) {
  auto folder = folder_of(directory, x.name);
  auto client = etcd_url(x.client_port);
  auto peer = etcd_url(x.peer_port);
  std::string members;
  for (auto& each : plan.etcd)
    members += (members.empty() ? "" : ",") + each.name + "="
               + etcd_url(each.peer_port);
  return {
    .program = found.etcd,
    .arguments
    = {"--name", x.name, "--data-dir", folder / "data", "--listen-client-urls",
       client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
       "--initial-advertise-peer-urls", peer, "--initial-cluster", members,
       // The password is random, so a slow hash of it
       // protects nothing, and a busy host could not log in.
       "--bcrypt-cost", "4", "--initial-cluster-state", "new",
       "--initial-cluster-token", plan.name, "--auto-compaction-retention", "1",
       "--logger", "zap", "--log-level", "warn"},
    .log_file = folder / "log"};
}

fs::path folder_of(const fs::path& directory, const std::string& name) {
  return directory / name;
}

std::string last_lines(const fs::path& log, size_t count) {
  std::ifstream in{log, std::ios::ate | std::ios::binary};
  if (!in)
    return {};
  auto size = static_cast<std::streamoff>(in.tellg());
  in.seekg(std::max<std::streamoff>(0, size - tail_bytes));
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  while (text.ends_with('\n'))
    text.pop_back();
  auto begin = text.size();
  for (size_t i = 0; i < count; ++i) {
    auto end = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
    if (end == std::string::npos)
      return text;
    begin = end;
  }
  return text.substr(begin + 1);
}

} // namespace muster::launch
