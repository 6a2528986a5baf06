// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/candidate_table.hpp"
#include "allocator/name_table.hpp"
#include "allocator/resources.hpp"
#include "allocator/row_sets.hpp"
#include "allocator/topology.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace muster {

constexpr uint32_t no_row = UINT32_MAX;

struct machine_entry;

/// What the inventory knows of one device.
struct device_entry {
  machine_entry* machine = nullptr;
  std::string name;
  std::optional<device_resources> facts;
  std::optional<int64_t> counter;
  std::vector<uint32_t> attributes; // its own and its machine's, sorted
  uint32_t row = no_row;
};

/// What the inventory knows of one machine. Records come in any order, so it
/// may have devices and counters before it has facts.
struct machine_entry {
  machine_id id;
  std::optional<machine_resources> facts;
  bool started = false;
  std::optional<uint32_t> load_permille;
  std::optional<int64_t> cores_counter;
  std::optional<int64_t> memory_counter;
  std::array<std::optional<int64_t>, gpus_max> gpu_counters{};
  std::map<std::string, device_entry, std::less<>> devices;
  std::vector<uint32_t> attributes; // sorted
  vertex place = 0;
  size_t rack_slot = 0; // in its rack's list
  uint32_t row = no_row;
  // Of its row, as the counters say.
  gpus_left gpus{};
  uint32_t gpus_sum = 0;

  /// What is left of something of which a machine has `capacity`.
  uint64_t left(const std::optional<int64_t>& counter, uint64_t capacity) const;

  /// Permille, or `unmeasured`.
  uint64_t load() const {
    return load_permille ? uint64_t{*load_permille} : unmeasured;
  }

  uint64_t cores_left() const;
  uint64_t memory_left() const;
  /// Permille. @pre it has facts
  uint16_t gpu_left(uint32_t number) const;
};

/// The candidates of one sort, and what a row is about.
struct candidate_rows {
  candidate_table table;
  std::vector<machine_entry*> machines; // by row
  std::vector<device_entry*> devices; // by row; null in rows of machines
  std::vector<vertex> places; // by row
};

/// All that is known about machines, devices and links, as records tell it,
/// kept in tables for the selection. A machine is a candidate when its facts
/// are there, a device when its own and its machine's are.
///
/// A change of a device or of the links costs what `candidate_table` and
/// `topology` say; one of a machine, its load or its counters the same for each
/// of its devices; nothing depends on how many machines there are.
///
/// Invariants (`check_invariants`): 1. Each candidate has a row, and each row
/// one. 2. A row's quantities are those of the facts and counters. 3. Every set
/// of rows that is kept has exactly the rows that belong to it.
///
/// Not thread-safe; owned by one actor.
class inventory {
public:
  inventory() = default;
  inventory(const inventory&) = delete;
  inventory& operator=(const inventory&) = delete;

  /// Errors, here and below: `invalid_argument` with the field; what was known
  /// before stays.
  status put_machine(const machine_id& id, machine_resources x);
  void remove_machine(const machine_id& id);

  status put_device(const machine_id& id, std::string_view device,
                    device_resources x);
  void remove_device(const machine_id& id, std::string_view device);

  /// @param permille  nothing: unknown
  status put_load(const machine_id& id, std::optional<uint32_t> permille);

  /// Whether the machine runs. One that does not takes part in dry runs only,
  /// and all that it has counts as left.
  void set_started(const machine_id& id, bool on);

  /// @param value  nothing: there is no such counter
  status set_counter(const machine_id& id, const counter_name& counter,
                     std::optional<int64_t> value);

  status put_link(std::string_view a, std::string_view b) {
    return topology_.add_link(a, b);
  }

  void remove_link(std::string_view a, std::string_view b) {
    topology_.remove_link(a, b);
  }

  const candidate_rows& devices() const {
    return devices_;
  }

  const candidate_rows& machines() const {
    return machines_;
  }

  const topology& links() const {
    return topology_;
  }

  /// Null if nothing is known of it.
  const machine_entry* find(const machine_id& id) const;

  /// Machines of a rack that are candidates.
  const std::vector<machine_entry*>& rack(const std::string& name) const;

  /// Cores, in permille, that a GPU has on average; 0: there are no GPUs.
  uint64_t cores_per_gpu() const {
    return gpus_ == 0 ? 0 : gpu_machine_cores_ / gpus_;
  }

  // Sets of rows are made when they are first asked for, in O(rows), and kept
  // up to date as long as they are among the last `row_sets_max` asked for.
  // They are valid until the next call of a function that is not const, but for
  // these three.

  /// Rows that have a label.
  const bitmap& rows_labelled(bool of_devices, std::string_view label);

  /// Rows of devices of a kind.
  const bitmap& rows_of_kind(std::string_view kind);

  /// Rows at most `hops` links away.
  const bitmap& rows_within(bool of_devices, vertex place, uint16_t hops);

  /// Hop counts from a place; as `topology::hops_from`.
  const topology::view& hops_from(vertex place) {
    return topology_.hops_from(place);
  }

  size_t memory_bytes() const;

  bool check_invariants();

private:
  machine_entry& entry(const machine_id& id);
  device_entry& device(machine_entry& of, std::string_view name);
  void forget_if_empty(machine_entry& x);
  void forget_if_empty(device_entry& x);
  candidate_rows& side(bool of_devices) {
    return of_devices ? devices_ : machines_;
  }

  void add_machine_row(machine_entry& x);
  void remove_machine_row(machine_entry& x);
  void add_device_row(device_entry& x);
  void remove_device_row(device_entry& x);
  void join_rack(machine_entry& x);
  void leave_rack(machine_entry& x);
  void count_gpus(const machine_resources& x, bool added);

  void refresh(machine_entry& x);
  void refresh(device_entry& x);
  void set_machine_values(candidate_table& to, uint32_t row,
                          const machine_entry& x);
  void label(machine_entry& x);
  void label(device_entry& x);

  const bitmap& rows_of(const row_set_key& key);
  bool belongs(const row_set_key& key, uint32_t row);
  void update_sets(bool of_devices, uint32_t row);
  bool check_row(bool of_devices, uint32_t row);
  bool check_sets();

  std::unordered_map<std::string, std::unique_ptr<machine_entry>> entries_;
  std::unordered_map<std::string, std::vector<machine_entry*>> racks_;
  candidate_rows devices_;
  candidate_rows machines_;
  topology topology_;
  name_table attributes_;
  row_sets sets_;
  uint64_t gpu_machine_cores_ = 0;
  uint64_t gpus_ = 0;
};

} // namespace muster
