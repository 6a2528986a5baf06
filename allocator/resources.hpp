// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/qos.hpp"
#include "registry/ids.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster {

// What records say about machines and their devices, whatever their text is:
// `runtime/inventory` reads that.

/// Most machines of an inventory, and devices of one machine.
constexpr size_t inventory_machines_max = 1024 * 1024;
constexpr size_t machine_devices_max = 256;

/// Different labels and kinds in one inventory.
constexpr size_t attributes_max = 1024 * 1024;

/// `/machines/<id>`: what a machine has, whether reserved or not.
struct machine_resources {
  /// 1000 = one core.
  uint64_t cores_permille = 0;
  uint64_t memory_bytes = 0;
  uint32_t gpus = 0;
  uint64_t nic_bits_per_second = 0;
  /// Empty: unknown; all machines of which it is unknown count as one rack.
  std::string rack;
  /// `name=value`
  std::vector<std::string> labels;

  bool operator==(const machine_resources&) const = default;
};

/// `/machines/<id>/devices/<d>`
struct device_resources {
  std::string kind;
  uint64_t capacity_bytes = 0;
  /// Of a small access; not given: nobody measured it.
  std::optional<nanoseconds> latency;
  uint64_t bandwidth_bits_per_second = 0;
  std::vector<std::string> labels;

  bool operator==(const device_resources&) const = default;
};

/// What is left of each GPU of a machine, in permille; 0 for those that it does
/// not have.
using gpus_left = std::array<uint16_t, gpus_max>;

/// The GPU of which a share leaves least; `gpus_max`: none has so much left.
/// @pre `share_permille` > 0
uint32_t tightest_gpu(const gpus_left& x, uint32_t share_permille);

enum class counter_kind : uint8_t { cores, memory, gpu, device };

/// Names one counter of a machine: what is left of something that can be
/// reserved. Reservations subtract from it, and the home lets none fall below
/// 0. The machine itself sets it when it starts and changes it with its
/// capacity; a machine that was only loaded has none, so nothing can be
/// reserved there.
struct counter_name {
  counter_kind kind = counter_kind::cores;
  uint32_t gpu = 0; // gpu: from 0 on; the counter is in permille
  std::string device; // device: its name; the counter is in bytes

  auto operator<=>(const counter_name&) const = default;
};

} // namespace muster
