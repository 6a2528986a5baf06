// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/cluster_file.hpp"

#include <optional>

namespace muster::launch {

/// Machines and switches together.
constexpr size_t machines_max = 64;

/// What `muster up` was asked; empty: not said, so a default or what an
/// existing cluster has.
struct plan_options {
  std::optional<size_t> machines{};
  /// Beside the machines, which are put behind them in turn.
  std::optional<size_t> switches{};
  std::optional<uint32_t> replication{};
  std::optional<uint32_t> shards{};
  /// 1 or 3 members; a single machine needs none.
  std::optional<size_t> etcd{};
  std::optional<uint16_t> base_port{};
};

/// A new cluster.
/// Errors: `invalid_argument` names the option; `in_use` (no ports).
result<cluster_plan> make_plan(const plan_options& x);

/// Checks that an existing cluster is what was asked for.
/// Error: `invalid_argument` names the option that differs.
status check_same(const cluster_plan& existing, const plan_options& x);

} // namespace muster::launch
