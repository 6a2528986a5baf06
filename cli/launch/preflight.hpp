// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/layout.hpp"
#include "cli/launch/plan.hpp"

namespace muster::launch {

/// Everything that can be known before anything is started or written.
struct preflight {
  cluster_plan plan;
  programs found;
  /// True: an earlier `up` made the cluster.
  bool existing = false;
};

/// Reads or makes the plan and checks it: the directory is this version's and
/// this cluster's, or empty; nothing of it runs; the programs are there; the
/// ports are free. Changes nothing.
/// Errors: `invalid_argument`, `in_use`, `not_found`, `corrupt`.
result<preflight> check_before_start(const std::filesystem::path& directory,
                                     const plan_options& x);

/// Names and records of what runs of the cluster.
std::vector<std::pair<std::string, process_record>>
running_processes(const std::filesystem::path& directory,
                  const cluster_plan& x);

} // namespace muster::launch
