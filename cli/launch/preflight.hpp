// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/layout.hpp"
#include "cli/launch/plan.hpp"

namespace muster::launch {

/// By name, such as `m1` or `etcd1`.
using running = std::vector<std::pair<std::string, process_record>>;

/// Everything that can be known before anything is started or written.
struct preflight {
  cluster_plan plan;
  programs found;
  /// True: an earlier `up` made the cluster.
  bool existing = false;
  /// What of it runs and is left alone.
  running alive;

  bool runs(const std::string& name) const;
};

/// Reads or makes the plan and checks it: the directory is this version's and
/// this cluster's, or empty; the programs are there; the ports of what does not
/// run are free. Changes nothing.
/// @param may_run  false: nothing of the cluster may run yet
/// Errors: `invalid_argument`, `in_use`, `not_found`, `corrupt`.
result<preflight> check_before_start(const std::filesystem::path& directory,
                                     const plan_options& x, bool may_run);

/// What runs of the cluster.
running running_processes(const std::filesystem::path& directory,
                          const cluster_plan& x);

} // namespace muster::launch
