// SPDX-License-Identifier: Apache-2.0
#include "allocator/inventory.hpp"

#include <algorithm>

namespace muster {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

status check_quantity(const char* field, uint64_t x, uint64_t max) {
  if (x <= max)
    return ok();
  return bad(std::string{field} + ": " + std::to_string(x)
             + " is above the limit of " + std::to_string(max));
}

status check_labels(const std::vector<std::string>& labels) {
  if (labels.size() > labels_max)
    return bad("labels: at most " + std::to_string(labels_max));
  for (auto& x : labels) {
    auto end = x.find('=');
    if (end == 0 || end == std::string::npos || x.size() > label_bytes_max)
      return bad("labels: write name=value in at most "
                 + std::to_string(label_bytes_max) + " bytes, not '" + x + "'");
  }
  return ok();
}

status check_facts(const machine_resources& x) {
  for (auto& done :
       {check_quantity("cores", x.cores_permille, quantity_max),
        check_quantity("memory_bytes", x.memory_bytes, quantity_max),
        check_quantity("gpus", x.gpus, gpus_max),
        check_quantity("nic_bits_per_second", x.nic_bits_per_second,
                       quantity_max),
        check_labels(x.labels)})
    if (!done)
      return done;
  return ok();
}

status check_facts(const device_resources& x) {
  if (x.latency && *x.latency < nanoseconds{0})
    return bad("latency_ns: less than nothing");
  if (x.kind.size() > device_kind_bytes_max)
    return bad("kind: at most " + std::to_string(device_kind_bytes_max)
               + " bytes");
  for (auto& done :
       {check_quantity("capacity_bytes", x.capacity_bytes, quantity_max),
        check_quantity("bandwidth_bits_per_second", x.bandwidth_bits_per_second,
                       quantity_max),
        check_labels(x.labels)})
    if (!done)
      return done;
  return ok();
}

} // namespace

uint64_t machine_entry::left(const std::optional<int64_t>& counter,
                             uint64_t capacity) const {
  if (!counter)
    return started ? 0 : capacity;
  return *counter < 0 ? 0 : std::min(static_cast<uint64_t>(*counter), capacity);
}

uint64_t machine_entry::cores_left() const {
  return left(cores_counter, facts->cores_permille);
}

uint64_t machine_entry::memory_left() const {
  return left(memory_counter, facts->memory_bytes);
}

uint16_t machine_entry::gpu_left(uint32_t number) const {
  auto all = number < facts->gpus ? 1000U : 0U;
  return static_cast<uint16_t>(left(gpu_counters[number], all));
}

uint32_t tightest_gpu(const gpus_left& x, uint32_t share) {
  auto out = gpus_max;
  for (uint32_t i = 0; i < gpus_max; ++i)
    if (x[i] >= share && (out == gpus_max || x[i] < x[out]))
      out = i;
  return out;
}

machine_entry& inventory::entry(const machine_id& id) {
  auto& out = entries_[id.value];
  if (!out) {
    out = std::make_unique<machine_entry>();
    out->id = id;
  }
  return *out;
}

device_entry& inventory::device(machine_entry& of, std::string_view name) {
  auto i = of.devices.find(name);
  if (i == of.devices.end()) {
    i = of.devices.try_emplace(std::string{name}).first;
    i->second.machine = &of;
    i->second.name = name;
  }
  return i->second;
}

void inventory::forget_if_empty(device_entry& x) {
  if (!x.facts && !x.counter)
    x.machine->devices.erase(x.machine->devices.find(x.name));
}

void inventory::forget_if_empty(machine_entry& x) {
  auto gpu = std::ranges::any_of(x.gpu_counters,
                                 [](auto& y) { return y.has_value(); });
  if (!x.facts && x.devices.empty() && !x.started && !x.load_permille
      && !x.cores_counter && !x.memory_counter && !gpu)
    entries_.erase(x.id.value);
}

const machine_entry* inventory::find(const machine_id& id) const {
  auto i = entries_.find(id.value);
  return i == entries_.end() ? nullptr : i->second.get();
}

status inventory::put_machine(const machine_id& id, machine_resources x) {
  if (auto done = check_facts(x); !done)
    return done;
  if (!find(id)
      && (entries_.size() >= inventory_machines_max
          || topology_.size() >= vertices_max))
    return bad("the inventory has its most machines, "
               + std::to_string(inventory_machines_max));
  if (attributes_.size() + labels_max > attributes_max)
    return bad("labels: the inventory has its most different ones");
  auto& e = entry(id);
  if (e.facts == x)
    return ok();
  if (e.facts)
    count_gpus(*e.facts, false);
  if (e.row != no_row)
    leave_rack(e);
  e.facts = std::move(x);
  count_gpus(*e.facts, true);
  e.place = topology_.add(id.value);
  if (e.row == no_row)
    add_machine_row(e);
  join_rack(e);
  label(e);
  refresh(e);
  return ok();
}

void inventory::remove_machine(const machine_id& id) {
  auto i = entries_.find(id.value);
  if (i == entries_.end() || !i->second->facts)
    return;
  auto& e = *i->second;
  count_gpus(*e.facts, false);
  leave_rack(e);
  remove_machine_row(e);
  e.facts.reset();
  forget_if_empty(e);
}

status inventory::put_device(const machine_id& id, std::string_view name,
                             device_resources x) {
  if (auto done = check_facts(x); !done)
    return done;
  if (!find(id) && entries_.size() >= inventory_machines_max)
    return bad("the inventory has its most machines");
  if (attributes_.size() + labels_max + 1 > attributes_max)
    return bad("labels: the inventory has its most different ones");
  auto& e = entry(id);
  if (!e.devices.contains(name) && e.devices.size() >= machine_devices_max)
    return bad("a machine has at most " + std::to_string(machine_devices_max)
               + " devices");
  auto& d = device(e, name);
  if (d.facts == x)
    return ok();
  if (!d.facts && devices_.table.count() >= candidates_max)
    return bad("the inventory has its most devices");
  d.facts = std::move(x);
  if (e.facts) {
    if (d.row == no_row)
      add_device_row(d);
    label(d);
    refresh(d);
  }
  return ok();
}

void inventory::remove_device(const machine_id& id, std::string_view name) {
  auto i = entries_.find(id.value);
  if (i == entries_.end())
    return;
  auto j = i->second->devices.find(name);
  if (j == i->second->devices.end() || !j->second.facts)
    return;
  if (j->second.row != no_row)
    remove_device_row(j->second);
  j->second.facts.reset();
  forget_if_empty(j->second);
  forget_if_empty(*i->second);
}

status inventory::put_load(const machine_id& id,
                           std::optional<uint32_t> permille) {
  if (permille && *permille > 1000)
    return bad("load_permille: from 0 to 1000");
  if (!find(id) && (!permille || entries_.size() >= inventory_machines_max))
    return ok();
  auto& e = entry(id);
  e.load_permille = permille;
  refresh(e);
  forget_if_empty(e);
  return ok();
}

void inventory::set_started(const machine_id& id, bool on) {
  if (!find(id) && (!on || entries_.size() >= inventory_machines_max))
    return;
  auto& e = entry(id);
  e.started = on;
  refresh(e);
  forget_if_empty(e);
}

status inventory::set_counter(const machine_id& id, const counter_name& counter,
                              std::optional<int64_t> value) {
  if (counter.kind == counter_kind::gpu && counter.gpu >= gpus_max)
    return bad("gpus: a machine has at most " + std::to_string(gpus_max));
  if (!find(id) && (!value || entries_.size() >= inventory_machines_max))
    return ok();
  auto& e = entry(id);
  if (counter.kind == counter_kind::device) {
    if (!e.devices.contains(counter.device)
        && (!value || e.devices.size() >= machine_devices_max))
      return ok();
    auto& d = device(e, counter.device);
    d.counter = value;
    refresh(d);
    forget_if_empty(d);
  } else {
    auto& to = counter.kind == counter_kind::cores ? e.cores_counter
               : counter.kind == counter_kind::memory
                 ? e.memory_counter
                 : e.gpu_counters[counter.gpu];
    to = value;
    refresh(e);
  }
  forget_if_empty(e);
  return ok();
}

void inventory::count_gpus(const machine_resources& x, bool added) {
  if (x.gpus == 0)
    return;
  // Bounded, so that the sum of all machines is.
  auto cores = std::min(x.cores_permille, uint64_t{1} << 40);
  gpu_machine_cores_ += added ? cores : uint64_t{0} - cores;
  gpus_ += added ? x.gpus : uint64_t{0} - x.gpus;
}

} // namespace muster
