// SPDX-License-Identifier: Apache-2.0
#include "cli/story_text.hpp"

#include "cli/output.hpp"
#include "registry/utf8.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace muster::cli {

namespace {

std::string duration_of(const json& x, const char* member) {
  return x.contains(member) && x[member].is_number()
           ? show_nanoseconds(x[member].get<int64_t>())
           : "-";
}

/// `put /a/b, delete /a/c`
std::string operations_of(const json& x) {
  std::string out;
  if (!x.contains("operations"))
    return out;
  for (auto& each : x["operations"])
    for (auto& [name, body] : each.items())
      out += (out.empty() ? "" : ", ") + name + " " + show(body, "key");
  return out;
}

std::string reason_of(const json& x) {
  auto reason = show(x, "reason");
  if (reason == "policy")
    return "policy " + show(x, "policy");
  auto prefix = text_of(x, "prefix");
  if (reason == "copy of prefix" && !prefix.empty())
    return "copy of prefix " + prefix;
  return prefix.empty() ? reason : reason + " (" + prefix + ")";
}

/// Whether a number that is 0 where it is not known is.
bool is_known(const json& x, const char* member) {
  return x.contains(member) && x[member].is_number() && x[member] != 0;
}

std::string state_of(const json& x) {
  auto outcome = show(x, "outcome");
  return outcome == "pending" ? "in flight" : outcome;
}

/// `, shard 3`, or `, shards 3 (decides), 5, 8`
std::string shards_of(const json& x) {
  if (!x.contains("other_shards"))
    return ", shard " + show(x, "shard");
  auto out = ", shards " + show(x, "shard") + " (decides)";
  for (auto& shard : x["other_shards"])
    out += ", " + std::to_string(shard.get<uint32_t>());
  return out;
}

/// `command m1.7.1: committed, shard 0, version 1, took 1.50 ms, attempts 1`,
/// without what is not known.
std::string headline_of(const json& x) {
  auto state = state_of(x);
  auto out = "command " + show(x, "command") + ": " + state
             + (x.value("else", false) ? " (else)" : "") + shards_of(x);
  if (is_known(x, "version"))
    out += ", version " + show(x, "version");
  if (is_known(x, "duration_ns"))
    out += (state == "in flight" ? ", for " : ", took ")
           + duration_of(x, "duration_ns");
  if (is_known(x, "attempts"))
    out += ", attempts " + show(x, "attempts");
  return out;
}

/// The participants in their order, each switch followed by those that it has
/// enlisted in the same shard. A switch is there only for its copies, and
/// enlists others itself.
std::vector<std::pair<const json*, bool>> by_rack(const json& participants) {
  using place = std::pair<std::string, std::string>; // by whom, in which shard
  std::set<std::string> others;
  std::set<std::string> holders;
  std::map<place, std::vector<const json*>> enlisted;
  auto place_of = [](const json& x, const char* who) {
    return place{show(x, who), show(x, "shard")};
  };
  for (auto& x : participants) {
    auto has_copy = !text_of(x, "prefix").empty();
    (has_copy ? holders : others).insert(show(x, "machine"));
    enlisted[place_of(x, "enlisted_by")].push_back(&x);
  }
  auto is_switch = [&](const std::string& id) {
    return holders.contains(id) && !others.contains(id);
  };
  std::vector<std::pair<const json*, bool>> out;
  for (auto& x : participants) {
    if (is_switch(show(x, "enlisted_by")))
      continue;
    out.emplace_back(&x, false);
    if (is_switch(show(x, "machine")))
      for (auto* behind : std::exchange(enlisted[place_of(x, "machine")], {}))
        out.emplace_back(behind, true);
  }
  // The word of a switch may be known before the home's word of it.
  for (auto& [where, rest] : enlisted)
    if (is_switch(where.first))
      for (auto* behind : rest)
        out.emplace_back(behind, true);
  return out;
}

std::string participants_of(const json& story) {
  // The shard is told where there are several.
  auto several = story.contains("other_shards");
  std::vector<std::string> head{"MACHINE",        "ADDRESS",
                                "REASON",         "ENLISTED BY",
                                "ENLISTED AFTER", "ACKNOWLEDGED AFTER"};
  if (several)
    head.insert(head.begin() + 2, "SHARD");
  table out{std::move(head)};
  for (auto& [participant, is_behind] : by_rack(story["participants"])) {
    auto& each = *participant;
    std::vector<std::string> row{
      (is_behind ? "  " : "") + show(each, "machine"),
      show(each, "address"),
      reason_of(each),
      show(each, "enlisted_by"),
      duration_of(each, "enlisted_after_ns"),
      each.value("expelled", false)
        ? "expelled"
        : duration_of(each, "acknowledged_after_ns")};
    if (several)
      row.insert(row.begin() + 2,
                 each.contains("shard") ? show(each, "shard") : "-");
    out.add(std::move(row));
  }
  return out.text();
}

} // namespace

std::string story_text(const json& story) {
  auto text = headline_of(story) + "\n" + operations_of(story) + "\n";
  if (auto detail = text_of(story, "detail"); !detail.empty())
    text += printable(detail) + "\n";
  text += "\n" + participants_of(story);
  if (story.value("from_log", false))
    text += "\nTold from the shard's log: acknowledgements and machines that "
            "were enlisted later are not known any more.\n";
  return text;
}

std::string stories_text(const json& stories) {
  table out{
    {"COMMAND", "STATE", "VERSION", "TOOK", "PARTICIPANTS", "OPERATIONS"}};
  for (auto& each : stories)
    out.add({show(each, "command"), state_of(each),
             is_known(each, "version") ? show(each, "version") : "-",
             duration_of(each, "duration_ns"),
             std::to_string(each["participants"].size()),
             printable(operations_of(each), 60)});
  return out.text();
}

} // namespace muster::cli
