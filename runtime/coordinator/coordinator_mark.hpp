// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/coordinator.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace muster {

/// Which coordinator, and how far it was: what a store notes at each start and
/// every few seconds while that changes, so that a coordinator that was lost,
/// replaced or restored from an older copy is never taken for the one that
/// knows who has the newest records (M3).
struct coordinator_mark {
  /// Random, made with the first key of the cluster; `identity` there.
  std::string identity;
  uint64_t revision = 0;

  bool operator==(const coordinator_mark&) const = default;
};

std::string to_text(const coordinator_mark& x);

/// Error: `corrupt`.
result<coordinator_mark> parse_mark(const std::string& text);

/// Reads the coordinator's mark, or makes its identity.
/// @param keys   what the cluster's keys begin with
/// @param fresh  the identity if there is none yet
/// Errors: those of the port; `unavailable` also if somebody else made the
/// identity at the same time: ask again.
void read_mark(coordinator& from, const std::string& keys, std::string fresh,
               std::function<void(result<coordinator_mark>)> then);

/// @param noted  by the store; none = at its first start
/// Error: `denied` says what happened to the coordinator and what to do.
status check_mark(const std::optional<coordinator_mark>& noted,
                  const coordinator_mark& found);

} // namespace muster
