// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "tests/nemesis/interrupts.hpp"
#include "tests/nemesis/stop_flag.hpp"
#include "tests/simulation/sim_random.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::nemesis {

/// One client that opens sessions, binds records to them, renews them for a
/// while, and ends them or lets them end. While it knows that a session lives
/// it judges that the session and its records are there (U1).
///
/// Owned by one thread.
class session_owner {
public:
  session_owner(std::string name, uint64_t seed,
                const std::vector<cli::server_address>& machines);

  /// Sessions until the flag is set.
  void run(stop_flag& stop);

  /// Sessions that had a record, and then an end.
  size_t ended_count() const {
    return ended_;
  }

  /// What was gone too early; empty: nothing.
  const std::string& problem() const {
    return problem_;
  }

private:
  bool act();
  bool open();
  bool bind();
  bool renew();
  bool look();
  bool leave();
  void forget();
  /// It was granted by a call that began then.
  void lives_since(int64_t call_ns);
  /// `what` was absent, as an answer says that came at `return_ns`.
  void missed(const std::string& what, int64_t return_ns);

  const std::string name_;
  sim::sim_random random_;
  std::vector<cli::http_caller> callers_;
  size_t machine_ = 0;
  std::string id_; // empty: no session
  int64_t lives_until_ns_ = 0;
  unsigned steps_left_ = 0;
  std::vector<std::string> bound_; // certainly
  uint64_t keys_ = 0;
  size_t ended_ = 0;
  std::string problem_;
};

/// After all owners have stopped: their sessions end, and nothing that was
/// bound to one is left.
/// Errors: `timed_out` after `until`, with what is left.
status check_sessions_gone(const std::vector<cli::server_address>& machines,
                           interrupts& signals,
                           interrupts::clock::time_point until);

} // namespace muster::nemesis
