// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/allocation_record.hpp"

#include "runtime/placement/request_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster {

namespace {

using json = placement_json;

void add(json& to, const char* name, uint64_t x) {
  if (x != 0)
    to[name] = x;
}

template <class T>
T number_in(const json& x, const char* name) {
  auto i = x.find(name);
  return i == x.end() ? T{0} : i->get<T>();
}

reserved_part part_in(const json& x) {
  reserved_part out;
  out.where.machine = machine_id{x.at("machine").get<std::string>()};
  out.where.device = x.value("device", std::string{});
  if (auto i = x.find("gpus"); i != x.end())
    out.where.gpus = i->get<std::vector<uint32_t>>();
  out.capacity_bytes = number_in<uint64_t>(x, "capacity_bytes");
  out.cores_permille = number_in<uint64_t>(x, "cores_permille");
  out.memory_bytes = number_in<uint64_t>(x, "memory_bytes");
  out.gpu_share_permille = number_in<uint32_t>(x, "gpu_share_permille");
  return out;
}

/// What no reservation writes, whoever wrote it.
bool is_possible(const reserved_part& x) {
  auto& gpus = x.where.gpus;
  return x.capacity_bytes <= quantity_max && x.cores_permille <= quantity_max
         && x.memory_bytes <= quantity_max && x.gpu_share_permille <= 1000
         && gpus.size() <= gpus_max
         && std::all_of(gpus.begin(), gpus.end(),
                        [](uint32_t i) { return i < gpus_max; });
}

} // namespace

json json_of(const reserved_part& x) {
  json out{{"machine", x.where.machine.value}};
  if (!x.where.device.empty())
    out["device"] = x.where.device;
  if (!x.where.gpus.empty())
    out["gpus"] = x.where.gpus;
  add(out, "capacity_bytes", x.capacity_bytes);
  add(out, "cores_permille", x.cores_permille);
  add(out, "memory_bytes", x.memory_bytes);
  add(out, "gpu_share_permille", x.gpu_share_permille);
  return out;
}

std::vector<machine_id> machines_of(const std::vector<reserved_part>& parts) {
  std::vector<machine_id> out;
  for (auto& x : parts)
    out.push_back(x.where.machine);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string text_of(const allocation& x) {
  json out{{"by", x.by.value}, {"claimed", x.claimed}};
  out["machines"] = json::array();
  for (auto& each : x.machines)
    out["machines"].push_back(each.value);
  out["parts"] = json::array();
  for (auto& each : x.parts)
    out["parts"].push_back(json_of(each));
  out["request"] = json_of(x.wanted);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<allocation> parse_allocation(std::string_view id,
                                    std::string_view text) {
  auto bad = [&](const std::string& why) {
    return error{errc::corrupt, "the record of allocation " + std::string{id}
                                  + " is none: " + why};
  };
  auto x = json::parse(text, nullptr, false);
  if (!x.is_object())
    return bad("it is no JSON object");
  allocation out;
  out.id = id;
  try {
    out.by = machine_id{x.at("by").get<std::string>()};
    out.claimed = x.at("claimed").get<bool>();
    for (auto& each : x.at("machines"))
      out.machines.emplace_back(each.get<std::string>());
    for (auto& each : x.at("parts"))
      out.parts.push_back(part_in(each));
    auto wanted = parse_qos(x.at("request"));
    if (!wanted)
      return bad(wanted.failure().message);
    out.wanted = std::move(*wanted);
  } catch (const json::exception& why) {
    return bad(why.what());
  }
  std::sort(out.machines.begin(), out.machines.end());
  if (out.parts.empty() || out.machines.empty())
    return bad("it reserves nothing");
  if (out.parts.size() > replicas_max || out.machines.size() > replicas_max
      || !std::all_of(out.parts.begin(), out.parts.end(), is_possible))
    return bad("no allocation can have so much");
  return out;
}

} // namespace muster
