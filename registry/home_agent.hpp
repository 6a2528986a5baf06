// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/holder_grants.hpp"
#include "registry/ids.hpp"
#include "registry/messages.hpp"
#include "registry/rack_effects.hpp"
#include "registry/read_interest.hpp"
#include "registry/shard_effects.hpp"
#include "registry/shard_observers.hpp"

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace muster {

struct agent_options {
  /// Of the cluster.
  uint32_t shard_count = 64;
  /// T6: a holder that has not acknowledged for so long is expelled.
  nanoseconds ack_timeout = std::chrono::seconds{1};
  /// An invalidation without acknowledgement is sent again after this.
  nanoseconds resend = std::chrono::milliseconds{400};
  /// Bytes of records in one message.
  size_t chunk_bytes = 1024 * 1024;
  /// Holders of one shard; more are not granted copies.
  size_t holders_max = 4096;
  /// Prefixes of one holder.
  size_t grants_max = 257; // what its users mirror, and the policies
  /// The same of a switch: what its whole rack wants.
  size_t rack_grants_max = 4097;
  /// A home that has never seen the policies, as after a start, commits nothing
  /// for so long; then it goes on without, and says so.
  nanoseconds policy_patience = std::chrono::seconds{5};
  /// Single keys of one holder (D6), about 200 bytes each.
  size_t keys_max = 65'536;
  interest_options interest;
  /// T6: a switch that says that it waits for its rack is given so long: its
  /// own `ack_timeout`, a lease, and some.
  nanoseconds rack_timeout = std::chrono::seconds{4};
  /// This machine is a switch, and the agent that of its rack.
  bool for_rack = false;
};

/// What an agent wants done, in order.
using agent_effect
  = std::variant<send_effect, home_submit, home_part, copy_ask, holders_ready,
                 cover_effect, uncover_effect, directory_told, note_effect,
                 policy_ask, observer_silent, rack_needs, fence_passed,
                 send_home_effect>;
using agent_effects = std::vector<agent_effect>;

/// The agent of one shard at its home, or on a switch (3.8): the directory of
/// holders, and every message about copies (3.3.2, 3.3.5, 3.4).
///
/// On a switch (`home_agent_rack.cpp`) the switch's own copies, `local_copies`,
/// are where a home has the shard, the holders are the machines of its rack,
/// and it covers them under the switch's own lease (S2). A directory there ends
/// with each session that the switch has with the home; but who is in it stays
/// until it is silent, and is waited for.
///
/// It sees submissions before the shard does and enlists the holders of the
/// touched keys; it sends invalidations and validations, counts their
/// acknowledgements, and expels holders that stay silent. To the shard all
/// holders are one: `holders_ready`.
///
/// Invariants: (1) a holder is in the directory before the shard is asked for
/// its data, so that every later command is watched (D3); (2) an entry of the
/// directory ends only by that incarnation's word or by the end of its leases
/// (D4); (3) an acknowledgement counts only for the newest grant and the
/// present session (D2, T4); (4) all messages to one holder leave in the order
/// of their decisions (D1).
///
/// Not thread-safe; owned by one actor.
class home_agent {
public:
  home_agent(shard_id shard, peer self, agent_options options);

  // From the shard.
  void on_started(const home_started& x);
  void on_stopped();
  /// F2: no copy is granted any more, until `on_resumed`; tells the directory.
  void on_directory_ask(const directory_ask& x, boot_time now,
                        agent_effects& out);
  void on_resumed(const home_resumed& x);
  void on_copy_data(const copy_data& x, boot_time now, agent_effects& out);
  void on_prepared(const entries_prepared& x, boot_time now,
                   agent_effects& out);
  void on_committed(const entries_committed& x, agent_effects& out);

  /// Undecided entries under the policies that it was told.
  void on_policy_data(const policy_data& x, boot_time now, agent_effects& out);
  // On a switch, from its copies.
  void on_rack_started(const rack_started& x, agent_effects& out);
  void on_rack_ended(agent_effects& out);
  /// F1, F2: passed on when nobody in the rack can have a copy of a lower term.
  void on_fence(const peer& from, const fence& x, boot_time now,
                agent_effects& out);
  void on_fence_ack(const peer& from, const fence_ack& x, boot_time now,
                    agent_effects& out);

  // From other machines.
  void on_submit(const peer& from, submit x, agent_effects& out);
  /// What a switch has passed on for a machine behind it.
  void on_relayed(const peer& from, relayed x, agent_effects& out);
  void on_part(const peer& from, part_prepare x, agent_effects& out);
  /// D6: who reads a key again and again is offered a copy of it.
  void on_read(const peer& from, const read_request& x, agent_effects& out);
  void on_copy_request(const peer& from, const copy_request& x,
                       agent_effects& out);
  void on_invalidate_ack(const peer& from, const invalidate_ack& x,
                         boot_time now, agent_effects& out);
  void on_copy_drop(const peer& from, const copy_drop& x, boot_time now,
                    agent_effects& out);
  /// A switch waits for its rack (S1).
  void on_rack_waiting(const peer& from, const rack_waiting& x, boot_time now);

  void on_observed(const peer& from, const observed& x, boot_time now,
                   agent_effects& out);

  // From this machine.
  /// All that are in force, whenever they change and in each new term; not
  /// called before they are known (home_policies.cpp).
  void on_policies(const std::vector<policy>& in_force, agent_effects& out);
  /// The agent of another shard here waited for it in vain.
  void on_observer_silent(const peer& who, boot_time now, agent_effects& out);
  /// @param at  the revision of the list; one not below the term's counts (F1)
  void on_members(epoch at, const std::vector<member>& members,
                  agent_effects& out);
  void on_uncovered(const uncovered& x, boot_time now, agent_effects& out);
  void on_link_up(const peer& who, boot_time now, agent_effects& out);
  void on_tick(boot_time now, agent_effects& out);

  bool active() const {
    return term_ != term{};
  }

  /// For status and tests.
  size_t holder_count() const {
    return holders_.size();
  }

  /// Whether a copy of the key that `who` was granted is in the directory
  /// (I16).
  bool lists(const peer& who, const std::string& key) const;

  /// Whether the machine needs no word any more on an undecided entry: it has
  /// acknowledged it, was expelled, decides it, or is not registered.
  bool is_done(sequence at, const machine_id& who) const;

  /// Who has such a copy.
  std::vector<peer> holders_of(const std::string& key) const;

private:
  struct holder {
    term of; // on a switch it may be an older one
    session in;
    holder_grants grants;
    bool expelling = false;
    boot_time silent_at = boot_time::max();
  };

  struct wait {
    grant_number grant;
    boot_time since{};
    boot_time sent{};
    boot_time word{}; // of a switch, that it waits
    bool done = false;
    acknowledgement ack;
    std::vector<acknowledgement> behind;
  };

  struct flight {
    watched_entry entry;
    std::map<peer, wait> waits;
    bool reported = false;
  };

  struct registered {
    std::string address;
    bool is_switch = false;
    machine_id behind;
  };

  /// Holders of copies of the keys of this shard that `x` writes; whoever read
  /// these has read what was before (D6).
  std::vector<participant> enlisted(const command& x);
  flow link_to(const peer& who, const holder& h) const;
  holder* find(const peer& who, const flow& link);
  /// The newest copy of `h` that covers one of the keys; null: none.
  /// @param granted_only  false: one that was only asked for counts too
  static const holder_grants::entry*
  covering(const holder& h, const std::vector<effect>& effects,
           bool granted_only);
  void invalidate_at(const peer& who, holder& h, flight& f, boot_time now,
                     agent_effects& out);
  void send_grant(const peer& who, holder& h, const copy_data& x,
                  grant_number number, agent_effects& out);
  void expel(const peer& who, holder& h, agent_effects& out);
  void finish_expulsions(boot_time now, agent_effects& out);
  void report(agent_effects& out);
  void ask_policies(agent_effects& out);
  void wait_for_policies(boot_time now, agent_effects& out);
  /// Tells the machines that policies name, and the command object if its
  /// story does not have them.
  void observe_at(flight& f, boot_time now, agent_effects& out);
  static void add(observer_effects& from, agent_effects& to);

  // home_agent_rack.cpp
  invalidate invalidation(const peer& who, const holder& h, const flight& f,
                          grant_number under) const;
  size_t prefixes_max(const peer& who) const;
  bool is_silent_too_long(const wait& w, boot_time now) const;
  /// What the rack of a switch has said, in time since the preparation at home:
  /// the last of them was heard here with the switch's own word.
  static std::vector<acknowledgement>
  rack_word(std::vector<acknowledgement> behind, const acknowledgement& own);
  void relay(const peer& from, submit x, agent_effects& out);
  void expel_all(agent_effects& out);
  void enlist_rack(const flight& f, agent_effects& out) const;
  void tell_needs(agent_effects& out);
  void pass_fences(agent_effects& out);
  participant describe(const peer& who, participation why,
                       const std::string& prefix) const;

  shard_id shard_;
  peer self_;
  agent_options options_;
  term term_;
  bool handing_over_ = false;
  epoch members_at_;
  std::map<peer, registered> members_;
  std::map<peer, holder> holders_;
  std::map<sequence, flight> flights_;
  read_interest interest_;
  uint64_t next_session_ = 1;
  uint64_t next_grant_ = 1;
  uint64_t round_ = 0;
  uint64_t reported_round_ = 0;
  sequence reported_;
  sequence committed_;
  shard_observers observers_;
  bool policies_asked_ = false;
  boot_time policies_awaited_{}; // since when

  // On a switch.
  lease_backing under_;
  std::map<peer, fence> fences_; // the newest of each asker
  rack_needs told_needs_;
};

} // namespace muster
