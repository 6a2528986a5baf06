// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/problem.hpp"
#include "runtime/http/worker_route.hpp"
#include "runtime/inventory/published_machines.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr std::string_view machines_path = "/v1/inventory/machines";
constexpr std::string_view devices_path = "/v1/inventory/devices";

json labels_json(const std::vector<std::string>& labels) {
  auto out = json::array();
  for (auto& x : labels)
    out.push_back(x);
  return out;
}

template <class T>
json number_or_null(const std::optional<T>& x) {
  return x ? json(*x) : json();
}

json time_or_null(const std::optional<nanoseconds>& x) {
  return x ? json(x->count()) : json();
}

json device_json(const published_machine& of, const published_device& x) {
  json out{{"machine", of.id.value},
           {"device", x.name},
           {"alive", of.alive},
           {"gone", x.what.gone},
           {"path", x.what.path},
           {"kind", x.what.what.kind},
           {"capacity_bytes", x.what.what.capacity_bytes},
           {"free_bytes", number_or_null(x.left_bytes)},
           {"latency_ns", time_or_null(x.what.what.latency)},
           {"read_p99_ns", time_or_null(x.what.read_p99)},
           {"write_ns", time_or_null(x.what.write)},
           {"write_p99_ns", time_or_null(x.what.write_p99)},
           {"bandwidth_bits_per_second", x.what.what.bandwidth_bits_per_second},
           {"labels", labels_json(x.what.what.labels)}};
  if (!x.problem.empty())
    out["problem"] = x.problem;
  return out;
}

json machine_json(const published_machine& x) {
  json out{{"machine", x.id.value},
           {"alive", x.alive},
           {"cores_permille", x.what.cores_permille},
           {"free_cores_permille", number_or_null(x.left_cores_permille)},
           {"memory_bytes", x.what.memory_bytes},
           {"free_memory_bytes", number_or_null(x.left_memory_bytes)},
           {"gpus", x.what.gpus},
           {"nic_bits_per_second", x.what.nic_bits_per_second},
           {"rack", x.what.rack},
           {"labels", labels_json(x.what.labels)},
           {"load_permille", number_or_null(x.load_permille)}};
  out["free_gpus_permille"] = json::array();
  for (auto& [number, left] : x.left_gpus_permille)
    out["free_gpus_permille"].push_back(left);
  out["devices"] = json::array();
  for (auto& each : x.devices)
    out["devices"].push_back(device_json(x, each));
  if (!x.problem.empty())
    out["problem"] = x.problem;
  return out;
}

/// What stands behind the path of machines; nothing if that is not there.
std::string id_in(const request& x) {
  return x.path.size() > machines_path.size() + 1
           ? x.path.substr(machines_path.size() + 1)
           : std::string{};
}

result<json> machines(const routes_context& context, const request& x,
                      nanoseconds left) {
  if (auto id = id_in(x); !id.empty()) {
    auto found = find_published(context.node, machine_id{id}, left);
    return found ? result<json>{machine_json(*found)} : found.failure();
  }
  auto found = list_published(context.node, left);
  if (!found)
    return found.failure();
  auto out = json::array();
  for (auto& each : *found)
    out.push_back(machine_json(each));
  return out;
}

/// Of all machines, or of the one that `machine` names.
result<json> devices(const routes_context& context, const request& x,
                     nanoseconds left) {
  std::vector<published_machine> found;
  auto id = x.parameter("machine");
  if (id && !id->empty()) {
    auto one = find_published(context.node, machine_id{*id}, left);
    if (!one)
      return one.failure();
    found.push_back(std::move(*one));
  } else {
    auto all = list_published(context.node, left);
    if (!all)
      return all.failure();
    found = std::move(*all);
  }
  auto out = json::array();
  for (auto& each : found)
    for (auto& device : each.devices)
      out.push_back(device_json(each, device));
  return out;
}

} // namespace

void add_inventory_routes(router& out, const routes_context& context) {
  add_timed_route(out, context,
                  {method::get, std::string{machines_path}, true, {}},
                  machines);
  add_timed_route(out, context,
                  {method::get, std::string{devices_path}, false, {"machine"}},
                  devices);
}

} // namespace muster::http
