// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `allocations` is made of; nobody else includes it.

#include "runtime/placement/allocations.hpp"
#include "runtime/placement/expiry_keeper.hpp"
#include "runtime/placement/inventory_keeper.hpp"
#include "runtime/placement/placement_probe.hpp"
#include "runtime/time_limit.hpp"

#include <atomic>
#include <optional>
#include <random>
#include <string>

namespace muster {

/// The places and links of an inventory.
/// Errors: `overloaded`: more than `listed_links_max`.
result<topology_links> links_of(const inventory& x);

struct allocations::impl {
  /// Before a command of unknown outcome is sent again.
  static constexpr std::chrono::milliseconds retry_pause{10};
  /// Times that a release begins anew because the allocation has changed.
  static constexpr int releases_max = 4;
  /// For one end of an allocation whose time is over.
  static constexpr std::chrono::seconds end_timeout{5};

  /// An allocation with the versions of all its records, in the order of
  /// `allocation_records`.
  struct located {
    allocation what;
    std::vector<sequence> versions;
  };

  impl(machine& x, allocations_options how);
  ~impl();

  result<placing> create(allocation_request x, const time_limit& limit);
  status release(const std::string& id, const time_limit& limit);
  result<located> locate(const std::string& id, const time_limit& limit);
  result<std::vector<allocation>> list(const time_limit& limit);

  /// Follows the records, and knows what was committed before the call.
  status know_all(const time_limit& limit);

  uint64_t random() {
    std::lock_guard guard{random_mutex};
    return engine();
  }

  std::string fresh_id();

  /// Sends one command until it is certain what became of it, or the time is
  /// over. @returns nothing: it was applied
  std::optional<error> carry_out(command_plan what, const time_limit& limit);

  /// The allocation that a claim tells of.
  result<std::optional<allocation>> claimed(const std::string& id,
                                            const time_limit& limit);
  result<placing> made_before(const allocation_request& x,
                              const time_limit& limit);
  result<command_plan> decide(reservation& on, const allocation_text& text);
  result<placing> refuse(const allocation_request& x, const reservation& after,
                         const error& why);
  placing placed(const allocation_request& x, const reservation& by,
                 bool has_id);

  /// One record of the allocation, wherever it is.
  result<allocation> any_record(const std::string& id, const time_limit& limit);
  std::optional<allocation> known_record(const std::string& id);

  void publish();
  double sum_of_devices(bool reserved);

  machine& node;
  inventory_keeper keeper;
  placement_probe probe;
  const int64_t started
    = std::chrono::steady_clock::now().time_since_epoch().count();
  std::atomic<uint64_t> ids{0};
  std::mutex random_mutex;
  std::mt19937_64 engine{std::random_device{}()};
  std::optional<expiry_keeper> ends;
};

} // namespace muster
