// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/history.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster::sim {

/// How a history is wrong.
enum class fault_found : uint8_t {
  none,
  /// The history itself makes no sense (a done write without a version).
  malformed,
  /// A read began after a newer write was acknowledged.
  stale_read,
  /// A read saw an older record than a read that ended before it began.
  went_back,
  /// A read ended before the write whose record it returned began.
  read_too_early,
  /// The order of versions contradicts the order in time of two writes.
  order_broken,
  /// A record that nobody wrote.
  never_written,
  /// A record of a write that was refused or failed.
  refused_visible,
  /// One write under two versions.
  applied_twice,
  /// Two writes under one version.
  version_reused,
  /// A version with another value than its write stored.
  wrong_value,
  /// A guarded write or an add took effect on a record that forbids it.
  guard_broken,
  /// The key was never absent during a read that found it absent.
  absence_unjustified,
  /// The guard held all the time, and yet it was refused.
  refusal_unjustified,
  /// No one instant has all records of a listing.
  not_a_cut,
};

const char* to_string(fault_found x);

struct checker_options {
  /// Attempts a key to place unknown writes whose version nobody saw; a key
  /// that needs more counts as undecided, not as wrong.
  size_t attempts_max = 2000;
};

struct verdict {
  fault_found found = fault_found::none;
  /// Empty if nothing is wrong; else a sentence and the operations, a line
  /// each.
  std::string explanation;
  /// Positions in the history of the operations that contradict each other.
  std::vector<size_t> offending;
  /// Operations that were answered `ok` or `refused`.
  size_t definite_count = 0;
  /// Keys on which `attempts_max` was not enough.
  size_t undecided_count = 0;

  explicit operator bool() const {
    return found == fault_found::none;
  }
};

/// Judges whether every key was linearizable, given that each answer carries
/// the version of the record: the order of the versions is the order of the
/// writes, which makes it O(n log n).
///
/// With `operation::shard` set it judges more: versions of all keys of a
/// shard are one order, and a listing is one cut of it.
///
/// Exact for reads, writes, guarded writes and deletes, unknown ones
/// included. Never calls a good history wrong; may miss a wrong one only
/// where several refusals without a version, or several listings, are each
/// right alone but not together.
verdict check(const history& xs, const checker_options& options = {});

} // namespace muster::sim
