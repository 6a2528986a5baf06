// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"
#include "cli/launch/cluster_file.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace muster::cli {

/// Asks the machines of a new cluster again and again until each says that all
/// machines serve and all shards are served.
class cluster_ready {
public:
  explicit cluster_ready(const launch::cluster_plan& plan) : plan_(plan) {
    // nop
  }

  /// Asks those that were not ready yet. @returns true when all are
  bool poll();

  /// What is not ready, for the error.
  const std::string& waiting_for() const {
    return waiting_for_;
  }

  /// The last answer of a machine.
  const json& status() const {
    return status_;
  }

private:
  bool ask(const launch::planned_machine& x);

  const launch::cluster_plan& plan_;
  std::set<std::string> ready_;
  std::string waiting_for_;
  json status_;
};

} // namespace muster::cli
