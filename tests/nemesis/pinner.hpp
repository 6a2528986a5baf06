// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "tests/nemesis/stop_flag.hpp"

#include <string>
#include <vector>

namespace muster::nemesis {

/// Keeps copies of a prefix pinned on all machines, also on those that start
/// again, until the flag is set. One thread for each machine, so that one that
/// is away delays no other.
class pinner {
public:
  pinner(const std::vector<cli::server_address>& machines, std::string prefix)
    : machines_(machines), prefix_(std::move(prefix)) {
    // nop
  }

  void run(size_t machine, stop_flag& stop) const;

private:
  const std::vector<cli::server_address> machines_;
  const std::string prefix_;
};

} // namespace muster::nemesis
