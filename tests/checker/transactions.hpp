// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/history.hpp"

#include <map>
#include <string>
#include <vector>

namespace muster::sim {

/// One command over several keys, as its client saw it: it appends its name to
/// lists, on condition that these and others still are what the client read.
/// So each one that is done has read all its lists at one instant.
struct transaction {
  /// Unique; without a comma.
  std::string name;
  std::string client;
  answer outcome = answer::unknown;
  int64_t call_ns = 0;
  int64_t return_ns = std::numeric_limits<int64_t>::max();

  struct part {
    std::string key;
    /// What the client read, and demands: names, with a comma after each.
    std::string before;
    bool appends = true;
  };
  std::vector<part> parts;

  /// ok: a list was not what the client had read, and only the two counters
  /// `missed_keys` were counted up.
  bool otherwise = false;
};

/// The lists and counters at the end, read when all was quiet.
struct transaction_finals {
  std::map<std::string, std::string> lists;
  int64_t missed[2] = {0, 0};
};

/// Judges whether transactions were strictly serializable (I2), for lists as
/// Elle does: the final lists give the order of writes of each key, and what a
/// transaction read says which writes it comes after and before. These and the
/// order in time must have no cycle. Also: a name is in all of its lists or in
/// none, in none if it was refused, at most once; both counters are equal and
/// count what was told.
/// @returns what is wrong; empty: nothing
std::string check_transactions(const std::vector<transaction>& xs,
                               const transaction_finals& finals);

/// The names of a list.
std::vector<std::string> names_of(const std::string& list);

} // namespace muster::sim
