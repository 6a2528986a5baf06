// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"
#include "cli/launch/cluster_file.hpp"

#include <nlohmann/json.hpp>

namespace muster::cli {

/// Asks the machines of a new cluster again and again until each is ready and
/// all shards are served.
class cluster_ready {
public:
  explicit cluster_ready(const launch::cluster_plan& plan) : plan_(plan) {
    // nop
  }

  /// Asks the first one that was not ready yet, and the next if it is.
  /// @returns true when all are
  bool poll();

  /// What is not ready, for the error.
  const std::string& waiting_for() const {
    return waiting_for_;
  }

  /// The status of the cluster, once it is ready.
  const json& status() const {
    return status_;
  }

private:
  bool is_ready(const launch::planned_machine& x);
  bool all_served();

  const launch::cluster_plan& plan_;
  /// How many machines, in the plan's order.
  size_t ready_ = 0;
  std::string waiting_for_;
  json status_;
};

} // namespace muster::cli
