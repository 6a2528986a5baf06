// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/policy.hpp"
#include "registry/shard_effects.hpp"
#include "registry/story.hpp"

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace muster {

/// What is told of a machine that a policy names.
using observer_effect = std::variant<send_effect, observer_silent, note_effect>;
using observer_effects = std::vector<observer_effect>;

/// The part of a home agent that enlists the machines that policies name: they
/// hold no copy, but are told of each change under a policy's prefix and have
/// to acknowledge it before it is committed (C1).
///
/// A machine that does not acknowledge in time (T6) counts as expelled: since
/// it holds nothing, no lease has to end. From then on it is told without being
/// waited for, until it shows life.
///
/// Invariants: (1) an entry is open while a machine that was told of it, and
/// was not silent then, has neither acknowledged nor been expelled; (2) an
/// acknowledgement counts only from the incarnation that was told.
///
/// Not thread-safe; owned by one home agent.
class shard_observers {
public:
  struct limits {
    uint32_t shard_count = 64;
    nanoseconds ack_timeout{};
    nanoseconds resend{};
  };

  /// Registered machines and their addresses.
  using member_map = std::map<peer, std::string>;

  shard_observers(shard_id shard, peer self, limits x);

  /// A new term of this home.
  void start(term of);

  /// Everything in flight is another home's; policies stay.
  void stop();

  /// @returns whether those that concern this shard are others than before
  bool set_policies(const std::vector<policy>& in_force);

  std::vector<std::string> prefixes() const;

  bool any_policy() const {
    return !policies_.empty();
  }

  /// Who is named for these keys; unregistered machines too, without an
  /// incarnation.
  std::vector<participant> enlisted(const std::vector<effect>& touched) const;

  /// An entry is undecided: tells whom the policies name, and waits.
  /// @param holders  take part already, with what they hold
  void watch(const watched_entry& x, const std::set<peer>& holders,
             boot_time now, observer_effects& out);

  /// Whether the entry waits for somebody.
  bool is_open(sequence at) const;

  /// See `home_agent::is_done`; of a machine that holds nothing.
  bool is_done(sequence at, const machine_id& who) const;

  void add_acknowledgements(sequence at, std::vector<holder_ack>& to) const;

  void on_observed(const peer& from, const observed& x, boot_time now);
  void on_committed(sequence upto, observer_effects& out);
  void on_link_up(const peer& who, boot_time now, observer_effects& out);
  /// Any list will do, of a revision before the term too: who is named holds
  /// nothing.
  void on_members(member_map members);

  /// Another shard's agent waited for it in vain.
  void on_silent(const peer& who, boot_time now);

  void on_tick(boot_time now, observer_effects& out);

private:
  struct wait {
    std::vector<std::string> titles;
    boot_time since{};
    boot_time sent{};
    bool done = false;
    acknowledgement ack;
  };

  struct flight {
    command_id id;
    boot_time prepared_at{};
    std::vector<std::string> keys;
    std::map<peer, wait> waits;
  };

  /// The titles of the policies that name each machine for these keys.
  std::map<machine_id, std::vector<std::string>>
  named(const std::vector<effect>& touched) const;
  flow link_to(const peer& who) const;
  void tell(const peer& who, sequence at, const flight& f, const wait& w,
            observer_effects& out) const;
  void finish(const peer& who, const flight& f, wait& w, bool expelled) const;
  bool is_silent(const peer& who) const {
    return silent_.count(who) > 0;
  }

  peer incarnation_of(const machine_id& id) const;
  void tell_unregistered(const machine_id& id, const std::string& title,
                         observer_effects& out);

  shard_id shard_;
  peer self_;
  limits limits_;
  term of_;
  std::vector<policy> policies_;
  member_map members_;
  boot_time now_{}; // as it was last told
  std::map<sequence, flight> flights_;
  std::set<peer> silent_;
  std::set<machine_id> unregistered_; // those that were reported
};

} // namespace muster
