// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "tests/checker/history.hpp"

#include <vector>

namespace muster::nemesis {

/// Sends operations of a history over HTTP and writes down what was answered:
///
///     ok        done, with its version; also a read that found nothing
///     refused   the guard did not hold
///     failed    not applied, as the answer says, or because nothing was sent;
///               or a read without an answer
///     unknown   a write without an answer, or with one that says so
///
/// Reads go over kept connections. A write takes a new one, since a client may
/// send again on a kept one that turns out dead, and then nobody could tell how
/// often it was applied.
///
/// Not thread-safe.
class requester {
public:
  explicit requester(const std::vector<cli::server_address>& machines);

  /// Sends `x` (its client, key, kind, guard and value) to `machine` and fills
  /// in the rest. Takes no longer than 2 s.
  void perform(sim::operation& x, size_t machine);

  size_t machines() const {
    return callers_.size();
  }

private:
  std::vector<cli::http_caller> callers_;
};

/// How `x` is asked for.
cli::call call_of(const sim::operation& x);

/// Fills in the outcome of `x`.
void take_answer(sim::operation& x, const result<cli::reply>& answered);

} // namespace muster::nemesis
