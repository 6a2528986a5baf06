// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/own_records.hpp"
#include "runtime/machine.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

// What machines have published of themselves, through any machine of the
// cluster. They are records like others, so a program may also read and watch
// them; `allocator/record_keys.hpp` says where. Each of these blocks until it
// is done, at most `timeout`.

/// A device of a machine.
struct published_device {
  std::string name;
  device_record what;
  /// Of its capacity; nothing: the machine was never started.
  std::optional<int64_t> left_bytes;
  /// Why its record cannot be used; empty: it can.
  std::string problem;
};

struct published_machine {
  machine_id id;
  /// It runs; else it was only loaded into the registry, or is down.
  bool alive = false;
  machine_resources what;
  std::optional<int64_t> left_cores_permille;
  std::optional<int64_t> left_memory_bytes;
  /// By number; nothing: that GPU has no counter.
  std::map<uint32_t, int64_t> left_gpus_permille;
  std::optional<uint32_t> load_permille;
  std::vector<published_device> devices; // by name
  std::string problem;
};

/// All machines that have published something, by id.
/// Errors: as `machine::list`.
result<std::vector<published_machine>>
list_published(machine& at, std::chrono::nanoseconds timeout);

/// Errors: `not_found`: it has published nothing; as `machine::list`.
result<published_machine> find_published(machine& at, const machine_id& id,
                                         std::chrono::nanoseconds timeout);

} // namespace muster
