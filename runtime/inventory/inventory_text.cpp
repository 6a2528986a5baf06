// SPDX-License-Identifier: Apache-2.0
#include "runtime/inventory/inventory_text.hpp"

#include "runtime/inventory/inventory_records.hpp"

#include <nlohmann/json.hpp>

namespace muster {

namespace {

using json = nlohmann::json;

/// The operator's text may have any bytes.
std::string dumped(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

void put(json& to, const char* name, uint64_t x) {
  if (x != 0)
    to[name] = x;
}

void put(json& to, const char* name, const std::string& x) {
  if (!x.empty())
    to[name] = x;
}

void put(json& to, const char* name, const std::optional<nanoseconds>& x) {
  if (x)
    to[name] = static_cast<uint64_t>(x->count());
}

void put_labels(json& to, const std::vector<std::string>& labels) {
  for (auto& x : labels) {
    auto middle = x.find('=');
    to["labels"][x.substr(0, middle)]
      = middle == std::string::npos ? std::string{} : x.substr(middle + 1);
  }
}

uint64_t number_in(const json& x, const char* name, uint64_t max) {
  auto i = x.find(name);
  return i != x.end() && i->is_number_unsigned()
           ? std::min(i->get<uint64_t>(), max)
           : 0;
}

std::optional<nanoseconds> time_in(const json& x, const char* name) {
  if (!x.contains(name))
    return std::nullopt;
  return nanoseconds{static_cast<int64_t>(number_in(x, name, quantity_max))};
}

} // namespace

std::string inventory_text::text_of(const machine_resources& x) const {
  auto out = json::object();
  if (x.cores_permille % 1000 == 0)
    put(out, "cores", x.cores_permille / 1000);
  else
    out["cores"] = static_cast<double>(x.cores_permille) / 1000;
  put(out, "memory_bytes", x.memory_bytes);
  put(out, "gpus", uint64_t{x.gpus});
  put(out, "nic_bits_per_second", x.nic_bits_per_second);
  put(out, "rack", x.rack);
  put_labels(out, x.labels);
  return dumped(out);
}

std::string inventory_text::text_of(const device_record& x) const {
  auto out = json::object();
  put(out, "path", x.path);
  put(out, "kind", x.what.kind);
  // Also where there is none: a device without capacity is no device unknown.
  out["capacity_bytes"] = x.what.capacity_bytes;
  put(out, "latency_ns", x.what.latency);
  put(out, "bandwidth_bits_per_second", x.what.bandwidth_bits_per_second);
  put_labels(out, x.what.labels);
  put(out, "read_p99_ns", x.read_p99);
  put(out, "write_ns", x.write);
  put(out, "write_p99_ns", x.write_p99);
  put(out, "share_permille", uint64_t{x.share_permille});
  put(out, "free_bytes", x.free_bytes);
  if (x.gone)
    out["gone"] = true;
  return dumped(out);
}

std::string inventory_text::text_of(const load_record& x) const {
  json out{{"load_permille", x.load_permille}};
  if (x.cpu_permille)
    out["cpu_permille"] = *x.cpu_permille;
  if (x.nic_permille)
    out["nic_permille"] = *x.nic_permille;
  for (auto& each : x.devices)
    out["devices"][each.name] = each.permille;
  return dumped(out);
}

result<machine_resources>
inventory_text::machine_of(std::string_view text) const {
  return parse_machine_record(text);
}

result<device_record> inventory_text::device_of(std::string_view text) const {
  auto known = parse_device_record(text);
  if (!known)
    return known.failure();
  auto from = json::parse(text, nullptr, false);
  device_record out;
  out.what = std::move(*known);
  if (auto i = from.find("path"); i != from.end() && i->is_string())
    out.path = i->get<std::string>();
  out.read_p99 = time_in(from, "read_p99_ns");
  out.write = time_in(from, "write_ns");
  out.write_p99 = time_in(from, "write_p99_ns");
  out.share_permille
    = static_cast<uint32_t>(number_in(from, "share_permille", 1000));
  out.free_bytes = number_in(from, "free_bytes", quantity_max);
  auto gone = from.find("gone");
  out.gone = gone != from.end() && gone->is_boolean() && gone->get<bool>();
  return out;
}

} // namespace muster
