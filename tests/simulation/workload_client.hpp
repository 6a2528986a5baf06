// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/workload.hpp"

#include <map>
#include <string>
#include <utility>

namespace muster::sim {

/// A user of one machine.
struct workload::client {
  machine_id at;
  size_t number = 0;
  size_t names = 0;
  /// The open operation belongs to this process; null = none is open.
  sim_machine* busy_with = nullptr;
  /// Tells the answer of an operation that was given up from the present one.
  uint64_t turn = 0;
  /// Versions that it saw lately, to guard by.
  std::map<std::string, std::pair<std::string, uint64_t>> seen;

  std::string name() const {
    return at.value + "c" + std::to_string(number) + "."
           + std::to_string(names);
  }
};

} // namespace muster::sim
