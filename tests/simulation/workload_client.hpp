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
  /// The open operation belongs to this start of the machine; 0 = none is open.
  /// Not the process's address: the next one may be made at the same.
  size_t busy_with = 0;
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
