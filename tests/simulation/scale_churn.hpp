// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/scale_cluster.hpp"

#include <string>
#include <vector>

namespace muster::sim {

/// What happened when a machine came or went.
struct churn_event {
  /// For people and for programs: `a machine joins`.
  std::string name;
  /// Until what the event is about was so again; see `measure_churn`.
  nanoseconds took{};
  /// Messages to and from the machine that came or went meanwhile; of the data
  /// lane, and of leases.
  uint64_t messages = 0;
  uint64_t lease_messages = 0;
  /// Of the messages of the data lane, those that the home sent.
  uint64_t home_messages = 0;
  /// A write that began with the event, and the next one after it.
  nanoseconds write_at_once{};
  nanoseconds write_after{};
  /// Sent by the home before the answer, for each of these writes.
  uint64_t home_messages_at_once = 0;
  uint64_t home_messages_after = 0;
};

/// Lets machines come and go, one after the other:
///
/// - one joins and mirrors the record; until it serves it from its memory,
/// - a holder leaves: it gives its copy up and stops,
/// - a holder's host dies without a word, in the instant of a write,
/// - so does a switch, if there is one; until its rack serves the record again,
///   then it starts again; until its rack has its copies from it.
///
/// @param problem  empty, or what went wrong; then the list is not complete
std::vector<churn_event> measure_churn(scale_cluster& cluster,
                                       std::string& problem);

} // namespace muster::sim
