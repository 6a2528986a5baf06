// SPDX-License-Identifier: Apache-2.0

// The rows of the inventory's tables and the sets of rows.

#include "allocator/inventory.hpp"

#include <algorithm>

namespace muster {

namespace {

uint32_t add_row(candidate_rows& to, machine_entry& machine,
                 device_entry* device) {
  auto row = to.table.add();
  if (row >= to.machines.size()) {
    to.machines.resize(row + 1);
    to.devices.resize(row + 1);
    to.places.resize(row + 1);
  }
  to.machines[row] = &machine;
  to.devices[row] = device;
  to.places[row] = machine.place;
  return row;
}

void remove_row(candidate_rows& from, uint32_t row) {
  from.table.remove(row);
  from.machines[row] = nullptr;
  from.devices[row] = nullptr;
}

/// How the kind of a device is named among the labels, none of which begins
/// like this.
std::string kind_label(std::string_view kind) {
  return "=" + std::string{kind};
}

const std::vector<machine_entry*> nobody;

} // namespace

void inventory::add_machine_row(machine_entry& x) {
  x.row = add_row(machines_, x, nullptr);
  for (auto& [name, d] : x.devices)
    if (d.facts)
      add_device_row(d);
}

void inventory::remove_machine_row(machine_entry& x) {
  for (auto& [name, d] : x.devices)
    if (d.row != no_row)
      remove_device_row(d);
  auto row = x.row;
  x.row = no_row;
  remove_row(machines_, row);
  update_sets(false, row);
}

void inventory::add_device_row(device_entry& x) {
  x.row = add_row(devices_, *x.machine, &x);
}

void inventory::remove_device_row(device_entry& x) {
  auto row = x.row;
  x.row = no_row;
  remove_row(devices_, row);
  update_sets(true, row);
}

void inventory::join_rack(machine_entry& x) {
  auto& all = racks_[x.facts->rack];
  x.rack_slot = all.size();
  all.push_back(&x);
}

void inventory::leave_rack(machine_entry& x) {
  auto i = racks_.find(x.facts->rack);
  assert(i != racks_.end() && i->second[x.rack_slot] == &x);
  auto& all = i->second;
  all[x.rack_slot] = all.back();
  all[x.rack_slot]->rack_slot = x.rack_slot;
  all.pop_back();
  if (all.empty())
    racks_.erase(i);
}

const std::vector<machine_entry*>&
inventory::rack(const std::string& name) const {
  auto i = racks_.find(name);
  return i == racks_.end() ? nobody : i->second;
}

void inventory::set_machine_values(candidate_table& to, uint32_t row,
                                   const machine_entry& x) {
  to.set_started(row, x.started);
  to.set(row, quantity::cores, x.cores_left());
  to.set(row, quantity::memory, x.memory_left());
  to.set(row, quantity::gpus,
         static_cast<uint64_t>(std::ranges::count(x.gpus, 1000)));
  to.set(row, quantity::gpu_share, *std::ranges::max_element(x.gpus));
  to.set(row, quantity::load, x.load());
}

void inventory::refresh(machine_entry& x) {
  if (x.row == no_row)
    return;
  x.gpus_sum = 0;
  for (uint32_t i = 0; i < gpus_max; ++i) {
    x.gpus[i] = x.gpu_left(i);
    x.gpus_sum += x.gpus[i];
  }
  auto& to = machines_.table;
  set_machine_values(to, x.row, x);
  to.set(x.row, quantity::latency, unmeasured);
  to.set(x.row, quantity::bandwidth, x.facts->nic_bits_per_second);
  for (auto& [name, d] : x.devices)
    refresh(d);
}

void inventory::refresh(device_entry& x) {
  if (x.row == no_row)
    return;
  auto& to = devices_.table;
  set_machine_values(to, x.row, *x.machine);
  to.set(x.row, quantity::capacity,
         x.machine->left(x.counter, x.facts->capacity_bytes));
  auto latency = x.facts->latency
                   ? static_cast<uint64_t>(x.facts->latency->count())
                   : unmeasured;
  to.set(x.row, quantity::latency, std::min(latency, unmeasured));
  to.set(x.row, quantity::bandwidth, x.facts->bandwidth_bits_per_second);
}

void inventory::label(machine_entry& x) {
  x.attributes.clear();
  for (auto& text : x.facts->labels)
    x.attributes.push_back(attributes_.add(text));
  std::ranges::sort(x.attributes);
  update_sets(false, x.row);
  for (auto& [name, d] : x.devices)
    if (d.row != no_row)
      label(d);
}

void inventory::label(device_entry& x) {
  x.attributes = x.machine->attributes;
  for (auto& text : x.facts->labels)
    x.attributes.push_back(attributes_.add(text));
  x.attributes.push_back(attributes_.add(kind_label(x.facts->kind)));
  std::ranges::sort(x.attributes);
  update_sets(true, x.row);
}

bool inventory::belongs(const row_set_key& key, uint32_t row) {
  auto& of = side(key.of_devices);
  if (!test_bit(of.table.valid(), row))
    return false;
  if (key.by_hops)
    return topology_.hops_from(key.id).hops[of.places[row]] <= key.hops;
  auto& has = key.of_devices ? of.devices[row]->attributes
                             : of.machines[row]->attributes;
  return std::ranges::binary_search(has, key.id);
}

void inventory::update_sets(bool of_devices, uint32_t row) {
  auto words = side(of_devices).table.bitmap_words();
  sets_.each([&](row_set& x) {
    if (x.key.of_devices != of_devices)
      return;
    // Hop counts of before are not looked at any more.
    if (x.key.by_hops && topology_.generation(x.key.id) != x.key.generation)
      return;
    x.rows.resize(words);
    assign_bit(x.rows, row, belongs(x.key, row));
  });
}

const bitmap& inventory::rows_of(const row_set_key& key) {
  if (auto found = sets_.find(key))
    return found->rows;
  auto& of = side(key.of_devices);
  auto& out = sets_.make(key).rows;
  out.resize(of.table.bitmap_words());
  const std::vector<uint16_t>* hops = nullptr;
  if (key.by_hops)
    hops = &topology_.hops_from(key.id).hops;
  for (uint32_t row = 0; row < of.machines.size(); ++row) {
    auto in = hops ? of.machines[row] && (*hops)[of.places[row]] <= key.hops
                   : belongs(key, row);
    if (in)
      out[row / word_rows] |= bit_of(row);
  }
  return out;
}

const bitmap& inventory::rows_labelled(bool of_devices, std::string_view text) {
  auto id = attributes_.find(text);
  if (!id)
    return side(of_devices).table.none();
  return rows_of({of_devices, false, *id, 0, 0});
}

const bitmap& inventory::rows_of_kind(std::string_view kind) {
  return rows_labelled(true, kind_label(kind));
}

const bitmap& inventory::rows_within(bool of_devices, vertex place,
                                     uint16_t hops) {
  auto generation = topology_.hops_from(place).generation;
  return rows_of({of_devices, true, place, hops, generation});
}

size_t inventory::memory_bytes() const {
  return devices_.table.memory_bytes() + machines_.table.memory_bytes()
         + sets_.memory_bytes();
}

bool inventory::check_row(bool of_devices, uint32_t row) {
  auto& of = side(of_devices);
  if (!test_bit(of.table.valid(), row))
    return of.machines[row] == nullptr && of.devices[row] == nullptr;
  auto machine = of.machines[row];
  auto device = of.devices[row];
  for (uint32_t i = 0; i < gpus_max; ++i)
    if (machine->gpus[i] != machine->gpu_left(i))
      return false;
  auto own = of_devices ? device->row : machine->row;
  if (own != row || of.places[row] != topology_.find(machine->id.value))
    return false;
  auto& is = of.table.exact(row);
  return is[quantity::cores] == machine->cores_left()
         && is[quantity::memory] == machine->memory_left()
         && is[quantity::load] == machine->load()
         && test_bit(of.table.started(), row) == machine->started
         && (!of_devices
             || is[quantity::capacity]
                  == machine->left(device->counter,
                                   device->facts->capacity_bytes));
}

bool inventory::check_sets() {
  auto right = true;
  sets_.each([&](row_set& x) {
    if (x.key.by_hops && topology_.generation(x.key.id) != x.key.generation)
      return;
    x.rows.resize(side(x.key.of_devices).table.bitmap_words());
    for (uint32_t row = 0; row < side(x.key.of_devices).machines.size(); ++row)
      right = right && test_bit(x.rows, row) == belongs(x.key, row);
  });
  return right;
}

bool inventory::check_invariants() {
  if (!devices_.table.check_invariants() || !machines_.table.check_invariants())
    return false;
  size_t rows = 0;
  for (auto& [id, x] : entries_) {
    if ((x->row != no_row) != x->facts.has_value())
      return false;
    for (auto& [name, d] : x->devices) {
      if ((d.row != no_row) != (x->facts && d.facts))
        return false;
      rows += d.row != no_row;
    }
  }
  if (rows != devices_.table.count())
    return false;
  for (auto of_devices : {false, true})
    for (uint32_t row = 0; row < side(of_devices).machines.size(); ++row)
      if (!check_row(of_devices, row))
        return false;
  return check_sets();
}

} // namespace muster
