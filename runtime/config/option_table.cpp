// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/option_table.hpp"

#include "runtime/config/device_option.hpp"
#include "runtime/config/peer_via.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <set>
#include <type_traits>
#include <vector>

namespace muster {

namespace {

constexpr uint64_t kib = 1024;
constexpr uint64_t mib = 1024 * kib;
constexpr uint64_t gib = 1024 * mib;

constexpr option_format text_up_to(uint64_t max, uint64_t min = 0) {
  return {option_unit::none, {min, max}};
}

constexpr option_format path = text_up_to(4095);
constexpr option_format port{option_unit::count, {0, 65535}};
constexpr option_format none{};

constexpr option_format count(uint64_t min, uint64_t max) {
  return {option_unit::count, {min, max}};
}

constexpr option_format bytes(uint64_t min, uint64_t max) {
  return {option_unit::bytes, {min, max}};
}

constexpr option_format milliseconds(uint64_t min, uint64_t max) {
  return {option_unit::duration, {min, max}};
}

/// Binds `name` to the field `member` of the part `part` of the settings.
template <class Part, class T>
option bind(std::string_view name, Part settings::*part, T Part::*member,
            option_format format, std::string_view help) {
  option x;
  x.name = name;
  x.help = help;
  x.format = format;
  x.is_flag = std::is_same_v<T, bool>;
  x.is_list = std::is_same_v<T, std::vector<std::string>>;
  x.parse = [part, member, format](settings& to, std::string_view text) {
    return muster::parse(text, format, (to.*part).*member);
  };
  x.print = [part, member, format](const settings& from) {
    return muster::print((from.*part).*member, format.unit);
  };
  return x;
}

template <class T>
option of_process(std::string_view name, T process_options::*member,
                  option_format format, std::string_view help) {
  return bind(name, &settings::process, member, format, help);
}

template <class T>
option of_cluster(std::string_view name, T cluster_options::*member,
                  option_format format, std::string_view help) {
  return bind(name, &settings::cluster, member, format, help);
}

option secret(option x) {
  x.secret = true;
  return x;
}

using po = process_options;
using co = cluster_options;

std::vector<option> identity_options() {
  return {
    of_process("id", &po::id, text_up_to(63, 1),
               "this machine's name, unique in the cluster"),
    of_process("cluster_name", &po::cluster_name, text_up_to(63, 1),
               "the cluster's name; machines of other clusters are refused"),
    of_process("role", &po::role, none,
               "machine, or switch: stores nothing, and has an agent for the "
               "machines of its rack"),
    of_process("switch", &po::behind_switch, text_up_to(63),
               "the switch that this machine is behind; copies come from it, "
               "or from the homes while it is away"),
    of_process("stores_data", &po::stores_data, none,
               "false: takes no shards, has local copies only"),
    of_process("rack", &po::rack, text_up_to(63),
               "where the machine stands, published with its inventory"),
    of_process("data_dir", &po::data_dir, text_up_to(4095, 1),
               "directory of the store"),
  };
}

std::vector<option> address_options() {
  return {
    of_process("listen_host", &po::listen_host, text_up_to(255, 1),
               "address for other machines"),
    of_process("listen_port", &po::listen_port, port,
               "port for other machines, 0 = any"),
    of_process("advertise_address", &po::advertise_address, text_up_to(255),
               "host that other machines dial, empty = listen_host"),
    of_process("peer_via", &po::peer_via, count(0, 10'000),
               "advanced: where to dial machines instead of their registered "
               "addresses, such as m2=127.0.0.1:4102; repeated or "
               "comma-separated"),
    of_process("http_host", &po::http_host, text_up_to(255, 1),
               "address of the HTTP interface"),
    of_process("http_port", &po::http_port, port,
               "port of the HTTP interface, 0 = any"),
    of_process("ca_file", &po::ca_file, path,
               "certificate authority of the machines (PEM)"),
    of_process("cert_file", &po::cert_file, path,
               "this machine's certificate (PEM), named like its id"),
    of_process("key_file", &po::key_file, path,
               "private key of the certificate (PEM)"),
    of_process("insecure", &po::insecure, none,
               "plaintext between machines, on loopback only"),
  };
}

std::vector<option> coordinator_options() {
  return {
    of_process("coordinator", &po::coordinator, none,
               "etcd, or embedded for a single machine"),
    of_process("first_machines", &po::first_machines, count(1, 10'000),
               "machines to wait for before the first assignments"),
    of_process(
      "repair_after", &po::repair_after, milliseconds(0, 86'400'000),
      "a machine away for so long is replaced in its shards; 0: never"),
    of_process("presence_ttl", &po::presence_ttl, milliseconds(0, 86'400'000),
               "of /machines/<id>/alive, 1 s at least; 0: no such record"),
    of_process("balance", &po::balance, none,
               "machines with fewer shards take some of those with more"),
    of_process("etcd_endpoints", &po::etcd_endpoints, count(0, 16),
               "URLs of etcd, comma-separated"),
    of_process("etcd_user", &po::etcd_user, text_up_to(255),
               "etcd's user, empty = no login"),
    secret(of_process("etcd_password", &po::etcd_password, text_up_to(1024),
                      "etcd's password; a flag shows in the process list")),
    of_process("etcd_ca_file", &po::etcd_ca_file, path,
               "certificate authority of etcd (PEM)"),
    of_process("etcd_cert_file", &po::etcd_cert_file, path,
               "client certificate for etcd (PEM)"),
    of_process("etcd_key_file", &po::etcd_key_file, path,
               "private key of the client certificate (PEM)"),
  };
}

std::vector<option> inventory_options() {
  return {
    of_process("inventory", &po::inventory, none,
               "publish what this machine has, so that it can be reserved"),
    of_process("inventory_devices", &po::inventory_devices, count(0, 256),
               "directories as storage devices, such as data=/srv/data@25% or "
               "@200GiB; repeated or comma-separated"),
    of_process("inventory_discover", &po::inventory_discover, none,
               "publish mounted file systems on block devices too"),
    of_process("inventory_excluded", &po::inventory_excluded, count(0, 256),
               "names, mount points or disks that are neither published nor "
               "touched"),
    of_process("inventory_measure", &po::inventory_measure, none,
               "measure each device's latency at the start, for up to 1 s"),
    of_process("inventory_labels", &po::inventory_labels, count(0, 16),
               "of the machine, name=value"),
    of_process("inventory_cores_permille", &po::inventory_cores_permille,
               count(0, 1'000'000'000),
               "instead of what is found, 2500 = two and a half; 0: as found"),
    of_process("inventory_memory_bytes", &po::inventory_memory_bytes,
               bytes(0, uint64_t{1} << 58),
               "instead of what is found; 0: as found"),
    of_process("inventory_gpus", &po::inventory_gpus, text_up_to(2),
               "instead of what is found, 0 to 16; empty: as found"),
    of_process("inventory_nic_bits_per_second",
               &po::inventory_nic_bits_per_second, count(0, uint64_t{1} << 58),
               "instead of what is found; 0: as found"),
  };
}

std::vector<option> log_and_limit_options() {
  return {
    of_process("log_format", &po::format, none, "human or json"),
    of_process("log_level", &po::log_level, none,
               "least level that is logged: debug, info, warning, error"),
    of_process("log_file", &po::log_file, path,
               "log file, empty = standard error"),
    of_process("log_file_bytes_max", &po::log_file_bytes_max,
               bytes(64 * kib, 16 * gib), "the log file is renamed at this"),
    of_process("log_files_max", &po::log_files_max, count(1, 1000),
               "renamed log files that are kept"),
    of_process("claimed_wire_versions", &po::claimed_wire_versions,
               text_up_to(11), "for tests only: wire versions to claim"),
    of_process("outbox_bytes_max", &po::outbox_bytes_max, bytes(mib, 16 * gib),
               "what may wait for one peer before it is overloaded"),
    of_process("store_backlog_bytes_max", &po::store_backlog_bytes_max,
               bytes(mib, 16 * gib),
               "what may wait for the disk before writes are refused"),
    of_process("commands_in_flight_max", &po::commands_in_flight_max,
               count(1, 1'000'000), "undecided commands of this machine"),
    of_process("watchers_max", &po::watchers_max, count(0, 1024),
               "event streams over HTTP"),
    of_process("adaptive_copies_bytes_max", &po::adaptive_copies_bytes_max,
               bytes(0, 64 * gib),
               "memory for copies of records that are read often here and "
               "stored elsewhere, 0 = none"),
    of_process("history_count_max", &po::history_count_max,
               count(0, 10'000'000),
               "commands that `muster explain` remembers, 1 KiB each"),
  };
}

std::vector<option> cluster_wide_options() {
  return {
    of_cluster("cluster.shard_count", &co::shard_count, count(1, 4096),
               "parts of the registry; fixed once the cluster exists"),
    of_cluster("cluster.replication", &co::replication, count(1, 7),
               "copies of each shard"),
    of_cluster("cluster.min_copies", &co::min_copies, count(1, 7),
               "copies in sync below which writes are refused; 1 where "
               "replication is 1"),
    of_cluster("cluster.lease", &co::lease, milliseconds(500, 60'000),
               "how long a dead machine may delay writes"),
    of_cluster("cluster.lease_renewal", &co::lease_renewal,
               milliseconds(50, 20'000), "at most a third of the lease"),
    of_cluster("cluster.generation", &co::generation,
               count(1, std::numeric_limits<int64_t>::max()),
               "raised after the coordinator was restored from a backup"),
  };
}

error conflict(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

status check_cluster(const cluster_options& x) {
  if (x.min_copies > x.replication)
    return conflict(
      "cluster.min_copies is above cluster.replication: no "
      "write would ever be accepted");
  if (x.lease_renewal * 3 > x.lease)
    return conflict(
      "cluster.lease_renewal is above a third of cluster.lease: "
      "one lost message would end a lease");
  return ok();
}

status check_peer_via(const std::vector<std::string>& all) {
  std::set<std::string> seen;
  for (auto& text : all) {
    auto via = parse_peer_via(text);
    if (!via)
      return conflict("peer_via: " + via.failure().message);
    if (!seen.insert(via->id.value).second)
      return conflict("peer_via has " + via->id.value
                      + " twice: leave one of the two out");
  }
  return ok();
}

status check_inventory(const process_options& x) {
  std::set<std::string> seen;
  for (auto& text : x.inventory_devices) {
    auto parsed = parse_device_option(text);
    if (!parsed)
      return conflict("inventory_devices: " + parsed.failure().message);
    if (!seen.insert(parsed->name).second)
      return conflict("inventory_devices has " + parsed->name
                      + " twice: give one of the two another name");
  }
  for (auto& text : x.inventory_labels)
    if (text.find('=') == 0 || text.find('=') == std::string::npos)
      return conflict("inventory_labels: '" + text
                      + "' is not a label such as zone=north");
  if (x.inventory_gpus.empty())
    return ok();
  auto gpus = parse_number(x.inventory_gpus, count(0, 16));
  return gpus ? ok() : conflict("inventory_gpus: " + gpus.failure().message);
}

} // namespace

std::string option::flag() const {
  auto text = "--" + std::string{name};
  std::replace_if(
    text.begin(), text.end(), [](char c) { return c == '_' || c == '.'; }, '-');
  return text;
}

std::string option::variable() const {
  auto text = "MUSTER_" + std::string{name};
  for (auto& c : text)
    c = c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

std::span<const option> option_table() {
  static const auto table = [] {
    std::vector<option> all;
    for (auto part :
         {identity_options, address_options, coordinator_options,
          inventory_options, log_and_limit_options, cluster_wide_options})
      for (auto& x : part())
        all.push_back(std::move(x));
    return all;
  }();
  return table;
}

const option* find_option(std::string_view name) {
  auto all = option_table();
  auto i = std::find_if(all.begin(), all.end(),
                        [&](auto& x) { return x.name == name; });
  return i != all.end() ? &*i : nullptr;
}

status check(const settings& all) {
  if (auto done = check_cluster(all.cluster); !done)
    return done;
  auto& x = all.process;
  if (x.insecure && !is_loopback(x.listen_host))
    return conflict(
      "insecure is allowed only where listen_host is loopback, "
      "not on "
      + x.listen_host);
  if (x.cert_file.empty() != x.key_file.empty())
    return conflict("cert_file and key_file belong together: set both");
  if (x.etcd_cert_file.empty() != x.etcd_key_file.empty())
    return conflict("etcd_cert_file and etcd_key_file belong together");
  if (x.coordinator == coordinator_kind::etcd && x.etcd_endpoints.empty())
    return conflict("coordinator is etcd, but etcd_endpoints is empty");
  if (x.coordinator == coordinator_kind::embedded && !x.etcd_endpoints.empty())
    return conflict("etcd_endpoints is set, but coordinator is embedded");
  if (x.role == machine_role::rack_switch && !x.behind_switch.value.empty())
    return conflict(
      "a switch is behind no other one: leave switch empty, or "
      "make role machine");
  if (auto done = check_inventory(x); !done)
    return done;
  return check_peer_via(x.peer_via);
}

uint64_t cluster_options::hash() const {
  settings all;
  all.cluster = *this;
  std::string text;
  for (auto& x : option_table())
    if (x.name.starts_with("cluster."))
      text.append(x.name).append("=").append(x.print(all)).append("\n");
  return XXH3_64bits(text.data(), text.size());
}

} // namespace muster
