// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/cluster_file.hpp"

#include "runtime/pki/files.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace muster::launch {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* file_name = "cluster.json";
constexpr mode_t for_all = 0644;

error damaged(const std::filesystem::path& file) {
  return error{errc::corrupt,
               file.string() + " is damaged; it is made by `muster up`"};
}

/// Throws nlohmann's exceptions where a member is missing or of another type.
cluster_plan plan_of(const json& x) {
  cluster_plan out;
  out.name = x.at("name");
  out.generation = x.value("generation", uint64_t{1});
  out.shards = x.at("shards");
  out.replication = x.at("replication");
  for (auto& each : x.at("machines"))
    out.machines.push_back(
      {each.at("id"), each.at("peer_port"), each.at("http_port"),
       each.value("is_switch", false), each.value("behind", std::string{})});
  for (auto& each : x.at("etcd"))
    out.etcd.push_back(
      {each.at("name"), each.at("client_port"), each.at("peer_port")});
  return out;
}

} // namespace

result<cluster_plan> read_plan(const std::filesystem::path& directory) {
  auto file = directory / file_name;
  std::ifstream in{file};
  if (!in)
    return error{errc::not_found,
                 "there is no cluster in " + directory.string()};
  auto parsed = json::parse(in, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("layout"))
    return damaged(file);
  if (parsed["layout"] != layout_version)
    return error{errc::invalid_argument,
                 directory.string() + " is a cluster of another version of "
                                      "muster (layout "
                   + parsed["layout"].dump() + ", this one has "
                   + std::to_string(layout_version) + ")"};
  try {
    return plan_of(parsed);
  } catch (const json::exception&) {
    return damaged(file);
  }
}

status write_plan(const std::filesystem::path& directory,
                  const cluster_plan& x) {
  json out{{"layout", layout_version},
           {"name", x.name},
           {"generation", x.generation},
           {"shards", x.shards},
           {"replication", x.replication}};
  out["machines"] = json::array();
  for (auto& each : x.machines)
    out["machines"].push_back({{"id", each.id},
                               {"peer_port", each.peer_port},
                               {"http_port", each.http_port},
                               {"is_switch", each.is_switch},
                               {"behind", each.behind}});
  out["etcd"] = json::array();
  for (auto& each : x.etcd)
    out["etcd"].push_back({{"name", each.name},
                           {"client_port", each.client_port},
                           {"peer_port", each.peer_port}});
  return pki::write_file(directory / file_name, out.dump(2) + "\n", for_all);
}

} // namespace muster::launch
