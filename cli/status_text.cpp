// SPDX-License-Identifier: Apache-2.0
#include "cli/status_text.hpp"

#include "cli/cluster_view.hpp"
#include "cli/output.hpp"
#include "registry/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <vector>

namespace muster::cli {

namespace {

/// How many shards a machine carries.
struct portion {
  size_t primary = 0;
  size_t backup = 0;
};

std::map<std::string, portion> portions_of(const json& shards) {
  std::map<std::string, portion> out;
  for (auto& each : shards) {
    ++out[show(each, "primary")].primary;
    for (auto& id : each["backups"])
      ++out[id.get<std::string>()].backup;
  }
  return out;
}

std::string list_of(const json& ids) {
  auto out = strings_in(ids, " ");
  return out.empty() ? "-" : out;
}

std::string machines_table(const json& status) {
  auto portions = portions_of(status["shards"]);
  auto is_behind = [](auto& each) { return each.contains("switch"); };
  auto& machines = status["machines"];
  auto racks = std::any_of(machines.begin(), machines.end(), is_behind);
  std::vector<std::string> head{"MACHINE", "ROLE", "STATE",   "PID",
                                "ADDRESS", "HTTP", "PRIMARY", "BACKUP"};
  if (racks)
    head.insert(head.begin() + 2, "SWITCH");
  table out{std::move(head)};
  for (auto& each : machines) {
    auto carried = portions[show(each, "id")];
    std::vector<std::string> row{show(each, "id"),
                                 show(each, "role"),
                                 show(each, "state"),
                                 show(each, "pid"),
                                 show(each, "address"),
                                 show(each, "http"),
                                 std::to_string(carried.primary),
                                 std::to_string(carried.backup)};
    if (racks)
      row.insert(row.begin() + 2, is_behind(each) ? show(each, "switch") : "-");
    out.add(std::move(row));
  }
  return out.text();
}

} // namespace

std::string status_text(const json& status, bool every_shard) {
  auto served = served_shards(status);
  auto count = status["shards"].size();
  table shards{{"SHARD", "PRIMARY", "BACKUPS", "LEARNERS", "EPOCH", "STATE"}};
  for (auto& each : status["shards"])
    if (every_shard || show(each, "state") != "served")
      shards.add({show(each, "id"), show(each, "primary"),
                  list_of(each["backups"]), list_of(each["learners"]),
                  show(each, "epoch"), show(each, "state")});
  auto text = "cluster " + printable(show(status, "cluster")) + ", answered by "
              + printable(show(status, "answered_by")) + "; "
              + std::to_string(served) + " of " + std::to_string(count)
              + " shards served\n\n" + machines_table(status);
  if (every_shard || served < count)
    text += "\n" + shards.text();
  return text;
}

} // namespace muster::cli
