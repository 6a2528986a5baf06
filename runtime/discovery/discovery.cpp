// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/discovery.hpp"

#include <algorithm>

namespace muster {

namespace {

constexpr uint64_t bits_of_megabit = 1'000'000;

} // namespace

discovery::discovery(host& at, discovery_options options)
  : at_(at), options_(std::move(options)), sampler_(at) {
  // nop
}

found_inventory discovery::look() {
  found_inventory out;
  out.machine = look_at_machine();
  sources_.devices.clear();
  for (auto& place : find_places(at_, options_.storage, complaints_)) {
    auto found = look_at_device(place);
    if (!found)
      continue;
    if (!place.number.empty())
      sources_.devices.push_back({place.what.name, place.number});
    out.devices.push_back(std::move(*found));
  }
  return out;
}

std::optional<load_record> discovery::load(nanoseconds now) {
  return sampler_.sample(sources_, now);
}

machine_resources discovery::look_at_machine() {
  machine_resources out;
  auto size = at_.size();
  if (!size)
    complaints_.say("cores and memory: " + size.failure().message);
  out.cores_permille = options_.cores_permille;
  out.memory_bytes = options_.memory_bytes;
  if (size && out.cores_permille == 0)
    out.cores_permille = uint64_t{size->cores} * 1000;
  if (size && out.memory_bytes == 0)
    out.memory_bytes = size->memory_bytes;
  out.gpus = options_.gpus ? *options_.gpus : count_gpus();
  out.nic_bits_per_second = look_at_cards();
  out.rack = options_.rack;
  out.labels = options_.labels;
  // As their record has them.
  std::sort(out.labels.begin(), out.labels.end());
  return out;
}

uint32_t discovery::count_gpus() const {
  const std::string folder = "/sys/bus/pci/devices/";
  uint32_t out = 0;
  for (auto& name : at_.names_in(folder)) {
    auto kind = at_.read(folder + name + "/class");
    auto vendor = at_.read(folder + name + "/vendor");
    if (kind && vendor && is_gpu(*kind, *vendor))
      ++out;
  }
  return std::min(out, gpus_max);
}

uint64_t discovery::look_at_cards() {
  const std::string folder = "/sys/class/net/";
  uint64_t fastest = 0;
  sources_.card.clear();
  for (auto& name : at_.names_in(folder)) {
    // Others are loopback, bridges and tunnels.
    if (!at_.exists(folder + name + "/device"))
      continue;
    auto state = at_.read(folder + name + "/operstate");
    if (!state || state->starts_with("down"))
      continue;
    auto text = at_.read(folder + name + "/speed");
    auto speed = text ? parse_system_number(*text).value_or(0) : 0;
    if (sources_.card.empty() || speed > fastest)
      sources_.card = name;
    fastest = std::max(fastest, speed);
  }
  auto out = options_.nic_bits_per_second != 0 ? options_.nic_bits_per_second
                                               : fastest * bits_of_megabit;
  if (out == 0)
    complaints_.say(sources_.card.empty()
                      ? "there is no network card that is up: no bandwidth"
                      : "the speed of " + sources_.card
                          + " is not known: set inventory_nic_bits_per_second");
  sources_.card_bits_per_second = out;
  return out;
}

std::optional<found_device> discovery::look_at_device(const storage_place& x) {
  found_device out;
  out.name = x.what.name;
  out.what.path = x.what.path;
  out.what.what.kind = x.kind;
  out.what.share_permille = x.what.share_permille;
  if (x.what.share_permille == 0) {
    out.what.what.capacity_bytes = x.what.capacity_bytes;
  } else {
    auto space = at_.space_of(x.what.path);
    if (!space) {
      complaints_.say("device " + x.what.name + ": " + space.failure().message);
      return std::nullopt;
    }
    out.what.free_bytes = space->free;
  }
  if (options_.measure)
    add_timing(x, out.what);
  return out;
}

void discovery::add_timing(const storage_place& x, device_record& to) {
  auto [i, fresh] = timings_.try_emplace(x.what.path + " " + x.number);
  if (fresh && !stopped_) {
    auto timed = at_.time(x.what.path);
    if (timed)
      i->second = *timed;
    else
      complaints_.say("device " + x.what.name
                      + " is not measured: " + timed.failure().message);
  }
  if (!i->second)
    return;
  to.what.latency = i->second->read_median;
  to.what.bandwidth_bits_per_second = i->second->bandwidth_bits_per_second;
  to.read_p99 = i->second->read_p99;
  to.write = i->second->write_median;
  to.write_p99 = i->second->write_p99;
}

} // namespace muster
