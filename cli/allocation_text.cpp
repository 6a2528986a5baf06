// SPDX-License-Identifier: Apache-2.0
#include "cli/allocation_text.hpp"

#include "cli/output.hpp"
#include "registry/utf8.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <map>

namespace muster::cli {

namespace {

/// Elements of a member that is an array of objects; whatever else is in it is
/// left out.
std::vector<const json*> objects_in(const json& x, const char* member) {
  std::vector<const json*> out;
  auto i = x.is_object() ? x.find(member) : x.end();
  if (!x.is_object() || i == x.end() || !i->is_array())
    return out;
  for (auto& each : *i)
    if (each.is_object())
      out.push_back(&each);
  return out;
}

std::string or_dash(const std::string& x) {
  return x.empty() ? "-" : x;
}

std::string scaled(double x, double step,
                   const std::vector<const char*>& units) {
  size_t i = 0;
  while (x >= step && i + 1 < units.size()) {
    x /= step;
    ++i;
  }
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*f %s",
                x == static_cast<double>(static_cast<int64_t>(x)) ? 0 : 2, x,
                units[i]);
  return out.data();
}

/// A quantity of a criterion, for people.
std::string amount_of(const std::string& criterion, const json& x) {
  if (!x.is_number())
    return criterion == "reachable" || criterion == "hops" ? "no path"
                                                           : "unknown";
  auto value = x.get<double>();
  if (criterion == "capacity" || criterion == "memory")
    return scaled(value, 1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB"});
  if (criterion == "bandwidth")
    return scaled(value, 1000, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"});
  if (criterion == "latency")
    return show_nanoseconds(x.get<int64_t>());
  if (criterion == "cores")
    return scaled(value / 1000, 1e18, {"cores"});
  if (criterion == "load" || criterion == "gpu_share")
    return scaled(value / 10, 1e18, {"%"});
  return scaled(value, 1e18, {criterion == "hops" ? "hops" : ""});
}

std::string lack_of(const json& x) {
  auto criterion = show(x, "criterion");
  if (!x.contains("has") || !x.contains("wanted"))
    return criterion;
  if (criterion == "reachable")
    return "no path";
  return criterion + ": " + amount_of(criterion, x["has"]) + ", wanted "
         + amount_of(criterion, x["wanted"]);
}

std::string numbers_of(const json& x, const char* member) {
  std::string out;
  auto i = x.find(member);
  if (i != x.end() && i->is_array())
    for (auto& each : *i)
      out += (out.empty() ? "" : ",") + each.dump();
  return out;
}

std::string amounts_of(const json& part) {
  std::string out;
  auto add = [&](const char* member, const char* criterion) {
    if (auto i = part.find(member); i != part.end() && i->is_number())
      out += (out.empty() ? "" : ", ") + amount_of(criterion, *i);
  };
  add("capacity_bytes", "capacity");
  add("cores_permille", "cores");
  add("memory_bytes", "memory");
  if (auto gpus = numbers_of(part, "gpus"); !gpus.empty())
    out += (out.empty() ? "GPU " : ", GPU ") + gpus;
  return out;
}

void add_row(table& to, const json& x, const json& part) {
  auto request = x.contains("request") ? x["request"] : json::object();
  auto duration = request.find("duration_ns");
  to.add({show(x, "id"), show(part, "machine"),
          or_dash(text_of(part, "device")), or_dash(amounts_of(part)),
          duration != request.end() && duration->is_number()
            ? show_nanoseconds(duration->get<int64_t>())
            : "-",
          show(x, "by")});
}

std::string dot_name(const std::string& x) {
  std::string out{"\""};
  for (auto c : printable(x))
    out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out + "\"";
}

/// The two ends of each link.
std::vector<std::pair<std::string, std::string>> links_in(const json& x) {
  std::vector<std::pair<std::string, std::string>> out;
  auto i = x.is_object() ? x.find("links") : x.end();
  if (!x.is_object() || i == x.end() || !i->is_array())
    return out;
  for (auto& each : *i)
    if (each.is_array() && each.size() == 2 && each[0].is_string()
        && each[1].is_string())
      out.emplace_back(each[0].get<std::string>(), each[1].get<std::string>());
  return out;
}

} // namespace

std::string allocations_text(const json& all) {
  table out{
    {"ALLOCATION", "MACHINE", "DEVICE", "RESERVED", "DURATION", "MADE AT"}};
  for (auto& each : all)
    for (auto* part : objects_in(each, "parts"))
      add_row(out, each, *part);
  return out.text();
}

std::string explanation_text(const json& x) {
  auto out = show(x, "satisfying") + " of " + show(x, "candidates")
             + " candidates satisfy the request\n";
  if (auto excluded = objects_in(x, "excluded"); !excluded.empty()) {
    table counts{{"CRITERION", "EXCLUDES ALONE", "EXCLUDES IN ORDER"}};
    for (auto* each : excluded)
      counts.add({show(*each, "criterion"), show(*each, "alone"),
                  show(*each, "in_order")});
    out += "\n" + counts.text();
  }
  if (auto nearest = objects_in(x, "nearest"); !nearest.empty()) {
    table misses{{"NEAREST", "DEVICE", "LACKS"}};
    for (auto* each : nearest) {
      std::string lacks;
      for (auto* lack : objects_in(*each, "lacks"))
        lacks += (lacks.empty() ? "" : "; ") + lack_of(*lack);
      misses.add({show(*each, "machine"), or_dash(text_of(*each, "device")),
                  or_dash(lacks)});
    }
    out += "\n" + misses.text();
  }
  if (auto best = objects_in(x, "best"); !best.empty()) {
    table ranks{{"CANDIDATE", "DEVICE", "SCORE"}};
    for (auto* each : best)
      ranks.add({show(*each, "machine"), or_dash(text_of(*each, "device")),
                 show(*each, "score")});
    out += "\n" + ranks.text();
  }
  return out;
}

std::string topology_text(const json& x) {
  table out{{"PLACE", "KIND", "STARTED", "LINKED WITH"}};
  std::map<std::string, std::string> links;
  for (auto& [a, b] : links_in(x)) {
    links[a] += (links[a].empty() ? "" : " ") + b;
    links[b] += (links[b].empty() ? "" : " ") + a;
  }
  for (auto* each : objects_in(x, "places")) {
    auto name = show(*each, "name");
    auto is_machine = show(*each, "kind") == "machine";
    auto started = each->value("started", false);
    out.add({name, show(*each, "kind"),
             is_machine ? (started ? "yes" : "no") : "-",
             or_dash(links[name])});
  }
  return out.text();
}

std::string topology_dot(const json& x) {
  std::string out{"graph topology {\n"};
  for (auto* each : objects_in(x, "places"))
    out += "  " + dot_name(show(*each, "name")) + " [shape="
           + (show(*each, "kind") == "machine" ? "box" : "ellipse") + "];\n";
  for (auto& [a, b] : links_in(x))
    out += "  " + dot_name(a) + " -- " + dot_name(b) + ";\n";
  return out + "}\n";
}

} // namespace muster::cli
