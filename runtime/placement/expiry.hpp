// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// When the allocations of one machine are to be ended. Their time runs from
/// when this incarnation of the machine has first seen them: after a restart it
/// begins anew, so an allocation may live longer than its time, never shorter.
///
/// Not thread-safe; time is an argument.
class expiry {
public:
  /// Until an end that did not succeed is tried again.
  static constexpr nanoseconds retry = std::chrono::seconds{1};

  /// The record of an allocation is there; the same version again changes
  /// nothing.
  /// @param duration  nothing: it never expires
  void put(const std::string& id, sequence version,
           std::optional<nanoseconds> duration, boot_time now);

  /// It is gone.
  void erase(const std::string& id) {
    ends_.erase(id);
  }

  /// Those whose time is over; each again after `retry` until it is gone.
  std::vector<std::string> due(boot_time now);

  size_t size() const {
    return ends_.size();
  }

private:
  struct end {
    sequence version;
    boot_time at{};
  };

  std::map<std::string, end> ends_;
};

} // namespace muster
