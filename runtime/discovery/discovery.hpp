// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/own_records.hpp"
#include "runtime/discovery/load_sampler.hpp"
#include "runtime/discovery/storage_places.hpp"

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// What of a machine's inventory is configured.
struct discovery_options {
  storage_options storage = {};
  /// Latency and bandwidth of devices.
  bool measure = true;
  std::string rack = {};
  std::vector<std::string> labels = {};
  /// Instead of what is found; 0: that.
  uint64_t cores_permille = 0;
  uint64_t memory_bytes = 0;
  uint64_t nic_bits_per_second = 0;
  std::optional<uint32_t> gpus = {};
};

/// Finds out what a machine has and how busy it is. What cannot be found out is
/// left out and complained about once; nothing is invented.
///
/// Not thread-safe but for `stop`; calls may block, see `host`.
class discovery {
public:
  /// @param at  referred to
  discovery(host& at, discovery_options options);

  /// Looks at everything; devices are measured when they are first seen.
  found_inventory look();

  /// How busy what the last look has found was since the last call; nothing:
  /// not known yet, or at all.
  std::optional<load_record> load(nanoseconds now);

  /// A look under way measures nothing more; its result is of no use. From any
  /// thread.
  void stop() {
    stopped_ = true;
  }

  bool stopped() const {
    return stopped_;
  }

  /// Complaints since the last call.
  std::vector<std::string> take_complaints() {
    return complaints_.take();
  }

private:
  machine_resources look_at_machine();
  uint32_t count_gpus() const;
  /// Chooses the card that counts. @returns its speed; 0: not known
  uint64_t look_at_cards();
  std::optional<found_device> look_at_device(const storage_place& x);
  void add_timing(const storage_place& x, device_record& to);

  host& at_;
  discovery_options options_;
  complaints complaints_;
  /// What was measured, by path and block device; nothing: it failed.
  std::map<std::string, std::optional<device_timing>> timings_;
  std::atomic<bool> stopped_{false};
  load_sampler sampler_;
  load_sources sources_;
};

} // namespace muster
