// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "tests/checker/transactions.hpp"
#include "tests/simulation/sim_random.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>

namespace muster::sim {

/// Keys that lie in different shards, as far as there are enough.
const std::array<std::string, 5>& list_keys();
const std::array<std::string, 4>& account_keys();
const std::array<std::string, 2>& missed_keys();

/// Moves an amount from one account to another; each may go down to -30, and
/// their sum is 0 for ever.
command draft_transfer(sim_random& random);

/// Reads all accounts at one instant: adds 0 to each.
command draft_audit();

/// @returns what is wrong with the answer to an audit; empty: nothing
std::string check_audit(const std::vector<int64_t>& counters);

/// Two or three lists for a transaction; their values must be read first.
std::vector<std::string> draw_lists(sim_random& random);

/// Appends `x.name` to some of its lists, the first one surely, on condition
/// that all are what was read; else counts both of `missed_keys` up, or is
/// refused.
/// @param x  has a name and the parts with what was read; which of them append
///           is set here
command draft_append(sim_random& random, transaction& x);

} // namespace muster::sim
