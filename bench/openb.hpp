// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace muster::bench {

struct openb_options {
  /// Tables of the trace, as alibaba/clusterdata has them (cluster-trace-gpu-
  /// v2023): nodes with `sn,cpu_milli,memory_mib,gpu`, pods with `name,
  /// cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time`.
  std::string nodes;
  std::string pods;
  /// Pods leave at their deletion time; else all stay.
  bool departures = false;
};

/// What became of all pods with one objective.
struct openb_row {
  std::string objective;
  size_t placed = 0;
  size_t refused = 0;
  /// Of a decision alone, without the reservation.
  double p50_ns = 0;
  double p99_ns = 0;
  /// Placements after which a node had given more than it has, counted from
  /// the tables, without the core.
  size_t over_commits = 0;
};

/// Places the pods in the order of their creation, each by the exact best node,
/// and reserves by the guarded commands of the core against counters.
/// Errors: `io` if a table cannot be read, `invalid_argument` if it is another
/// one
result<std::vector<openb_row>> run_openb(const openb_options& options);

} // namespace muster::bench
