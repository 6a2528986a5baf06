// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/messages.hpp"
#include "registry/policy.hpp"
#include "registry/shard_effects.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace muster {

/// What the policy agent of a machine that is named wants done.
using policy_observer_effect = std::variant<send_effect, note_effect>;
using policy_observer_effects = std::vector<policy_observer_effect>;

/// The side of the machine that a policy names: it takes note of each command
/// that it is told of, acknowledges it, and tells its log of those that were
/// committed. It holds nothing, so nothing ends with a lease.
///
/// Invariant: an acknowledgement names the term, sequence and incarnation of
/// the home that asked; another incarnation of this machine does not answer.
///
/// Not thread-safe; owned by one actor.
class policy_observer {
public:
  /// Undecided commands that are remembered; the oldest go first, and are
  /// told as such.
  static constexpr size_t undecided_max = 4096;
  /// Longer than a home's failover takes.
  static constexpr nanoseconds stale_after = std::chrono::seconds{5};

  explicit policy_observer(incarnation self) : self_(self) {
    // nop
  }

  void on_message(const peer& from, const observe& x,
                  policy_observer_effects& out);
  void on_message(const peer& from, const observe_done& x,
                  policy_observer_effects& out);

  /// Whether the policies that this machine goes by are of a copy or replica
  /// that serves reads. It goes on by what it knew last; operators should know
  /// when that is for long.
  void on_tick(boot_time now, bool fresh, policy_observer_effects& out);

  bool stale() const {
    return stale_;
  }

  /// Commands that were committed, of all that it was told of.
  uint64_t committed_count() const {
    return committed_count_;
  }

  size_t undecided_count() const {
    return undecided_count_;
  }

private:
  struct told {
    command_id id;
    std::string policies;
  };

  /// What the present home of a shard has told.
  struct home {
    peer who;
    term of;
    std::map<sequence, told> undecided;
  };

  void drop_oldest(home& from, policy_observer_effects& out);

  incarnation self_;
  boot_time fresh_at_{};
  bool stale_ = false;
  std::map<shard_id, home> homes_;
  size_t undecided_count_ = 0;
  uint64_t committed_count_ = 0;
};

} // namespace muster
