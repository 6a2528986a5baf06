// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/granter_choice.hpp"
#include "registry/ids.hpp"
#include "registry/key_copies.hpp"
#include "registry/lease_keeper.hpp"
#include "registry/messages.hpp"
#include "registry/policy_book.hpp"
#include "registry/rack_effects.hpp"
#include "registry/shard_effects.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace muster {

struct copy_options {
  /// A request without an answer is sent again after this.
  nanoseconds resend = std::chrono::milliseconds{400};
  /// A record that has been invalid for so long is asked for again.
  nanoseconds invalid_max = std::chrono::seconds{3};
  /// Pinned prefixes.
  size_t prefixes_max = 256;
  /// Bytes of all copies; a grant that would exceed it is not installed.
  size_t bytes_max = 1024 * 1024 * 1024;
  /// A prefix within one shard that the machine itself needs, whatever its
  /// users mirror: under no limit, not among `pinned()`. Empty: none.
  std::string own_prefix;
  /// Copies of single keys that are read often (D6).
  key_copy_options keys;
  /// The switch that this machine is behind; empty: none.
  machine_id behind = {};
  granter_options granter = {};
  /// This machine is a switch: others hold copies of its copies.
  bool for_rack = false;
  /// Prefixes of one shard that the rack of a switch may want.
  size_t rack_prefixes_max = 4096;
  /// A prefix that nobody in the rack wants any more is kept for so long.
  nanoseconds rack_linger = std::chrono::seconds{5};
  /// A switch that waits for its rack says so to the home as often as this.
  nanoseconds rack_word = std::chrono::milliseconds{300};
};

struct copy_effects {
  struct renew {
    machine_id granter;
  };

  /// In order; a `shard_effect` is one of the publish_... kinds or a note.
  struct table {
    shard_id shard;
    shard_effect what;
  };

  /// On a switch, the kinds after `renew` are for the agent of the shard.
  using one = std::variant<send_effect, table, renew, rack_started, rack_ended,
                           entries_prepared, entries_committed, copy_data>;
  std::vector<one> all;
};

/// The copies that this machine holds of shards stored elsewhere, and the
/// holder's side of 3.4: asks, installs, marks, validates, drops.
///
/// For each shard: (1) a lease that covers the copy names the session (T4);
/// (2) then the prefixes are asked for; (3) their records are installed under
/// that session; (4) invalidations mark, validations store. A single key (D6)
/// is asked for when its home offers it, and given up when it is written more
/// often than read, or memory is full.
///
/// The granter is the shard's home, or the switch that the machine is behind
/// (`granter_choice`). On a switch others hold copies of these copies: then
/// they stand where a home has the shard (`local_copies_rack.cpp`): they give
/// records to the agent, and acknowledge when the agent says that the rack is
/// ready (S1).
///
/// Invariants: (1) everything it holds of a shard is of one granter, term and
/// session (D5, T4); (2) an invalidation is acknowledged only after its keys
/// are marked; (3) a record with a pending sequence is valid again only by a
/// validation of that sequence (D2); (4) nothing of a term below the known one
/// is installed (F1); (5) a single key that is held is under no prefix that is
/// held; (6) what is given up is silent before its home is told.
///
/// Sources: `local_copies.cpp`, `local_copies_grants.cpp` (what arrives),
/// `local_copies_keys.cpp` (single keys), `local_copies_granter.cpp` (home or
/// switch), `local_copies_rack.cpp` (on a switch), `own_copy.cpp` (policies).
///
/// Not thread-safe; owned by one actor.
class local_copies {
public:
  local_copies(peer self, uint32_t shard_count, copy_options options);

  /// Pins a prefix (normalized). @returns false at the limit
  bool pin(const std::string& prefix, boot_time now, copy_effects& out);
  void unpin(const std::string& prefix, copy_effects& out);

  void on_assignment(const assignment& x, boot_time now, copy_effects& out);
  void on_lease_news(const lease_news& x, boot_time now, copy_effects& out);
  void on_link_up(const peer& who, boot_time now, copy_effects& out);
  /// The registered machines: whether its switch is one of them.
  void on_members(const std::vector<member>& members, boot_time now,
                  copy_effects& out);
  void on_tick(boot_time now, copy_effects& out);

  void on_message(const peer& from, const copy_session& x, boot_time now,
                  copy_effects& out);
  void on_message(const peer& from, const copy_grant& x, boot_time now,
                  copy_effects& out);
  void on_message(const peer& from, const copy_offer& x, boot_time now,
                  copy_effects& out);
  void on_message(const peer& from, const invalidate& x, boot_time now,
                  copy_effects& out);
  void on_message(const peer& from, const validate& x, boot_time now,
                  copy_effects& out);

  // On a switch, from the agent.
  void on_rack_ask(const copy_ask& x, boot_time now, copy_effects& out);
  void on_rack_ready(const holders_ready& x, copy_effects& out);
  void on_rack_needs(const rack_needs& x);

  /// The switch that it is behind, if commands may pass it now; else empty.
  machine_id relay(boot_time now) const {
    return choice_.reachable(now) ? choice_.rack_switch().id : machine_id{};
  }

  /// F1: drops the copies of lower terms and knows the term from now on. The
  /// shard's own core here answers, after this: it may serve them as well.
  void on_fence(const fence& x, copy_effects& out);

  /// Whether every shard under the pinned prefix is served here: by an
  /// installed copy, or since the machine is a replica.
  bool installed(const std::string& prefix) const;

  std::vector<std::string> pinned() const {
    return {pinned_.begin(), pinned_.end()};
  }

  size_t bytes() const {
    return bytes_;
  }

  /// What is held of `own_prefix`; while it is not installed, what was heard
  /// of it last, or nothing. To be looked at after each input.
  std::optional<policy_view> own_view() const;

  /// Grows whenever `own_view` may be another one.
  uint64_t own_version() const {
    return own_version_;
  }

  /// Asked of single keys, to find out which are worth their memory.
  void watch_reads(key_copies::read_function was_read) {
    keys_.watch_reads(std::move(was_read));
  }

  key_copy_probe key_probe() const {
    return keys_.probe();
  }

private:
  struct record_copy {
    std::string value;
    sequence version;
    bool erased = false;
    /// D2: the newest undecided change; 0 = valid.
    sequence pending;
    std::string pending_value;
    bool pending_erased = false;
    /// P2: no validation ends it, only a later change.
    bool pending_locked = false;
    /// The version that stands if the pending change is an abort.
    sequence pending_standing;
    /// The newest change that was validated; after an abort above `version`.
    sequence decided;
    boot_time pending_since{};
  };

  struct prefix_copy {
    grant_number grant; // 0: not installed
    sequence as_of; // of the grant
    boot_time asked_at{};
    // The grant that is arriving.
    grant_number arriving;
    uint32_t next_chunk = 0;
    std::vector<listed_record> staged;
  };

  /// An entry of which the home has not said that it is committed.
  struct rack_entry {
    watched_entry what;
    grant_number grant; // of the newest invalidation
    boot_time told{}; // that it waits
    bool acknowledged = false;
    std::map<peer, acknowledgement> behind;
  };

  struct rack_want {
    /// Somebody in the rack may hold a copy of it.
    bool held = false;
    boot_time wanted_at{}; // last
  };

  /// On a switch; all but `round` and `wanted` is of one session with the home.
  struct rack_copies {
    uint64_t round = 0; // grows for ever
    std::map<std::string, rack_want> wanted;
    std::map<std::string, std::set<peer>> asking; // for what is not installed
    std::map<sequence, rack_entry> entries; // as many as the home has undecided
    sequence newest; // of the entries, ever
    sequence decided; // all up to here are committed
  };

  struct shard_copies {
    assignment of;
    bool replica_here = false;
    term known; // F1
    session in; // 0: no lease covers the copy
    std::map<std::string, prefix_copy, std::less<>> prefixes;
    std::map<std::string, record_copy> records;
    std::set<std::string> pending;
    /// What was heard to be committed in this session.
    sequence validated;
    /// The newest grant that came in this session; they come in order (D1).
    grant_number newest;
    rack_copies rack;
  };

  bool concerns(const std::string& prefix, shard_id shard) const;
  static peer home_of(const shard_copies& s);
  peer granter_of(const shard_copies& s) const;
  void choose_granter(shard_id id, shard_copies& s, boot_time now,
                      copy_effects& out);
  void leave_granter(shard_id id, shard_copies& s, const peer& former,
                     boot_time now, copy_effects& out);
  bool complete(shard_id id, const shard_copies& s) const;
  bool is_ours(const peer& from, const flow& link, const shard_copies& s) const;
  void drop_all(shard_id id, shard_copies& s, copy_effects& out);
  void give_up(shard_id id, shard_copies& s, const peer& granter,
               copy_effects& out);
  void release(shard_id id, shard_copies& s, const std::string& prefix,
               copy_effects& out);
  void ask(shard_id id, shard_copies& s, const std::string& prefix,
           boot_time now, copy_effects& out);
  void ask_missing(shard_id id, shard_copies& s, boot_time now,
                   copy_effects& out);
  void ask_if_due(shard_id id, shard_copies& s, const std::string& prefix,
                  boot_time now, copy_effects& out);
  void install(const copy_grant& x, shard_copies& s, prefix_copy& p,
               copy_effects& out);
  void validate_upto(shard_id id, shard_copies& s, sequence upto,
                     copy_effects& out);
  void take_records(const copy_grant& x, shard_copies& s, prefix_copy& p,
                    std::set<std::string>& present, copy_effects& out);
  void take_locks(const copy_grant& x, shard_copies& s,
                  std::set<std::string>& present, copy_effects& out);
  void erase_missing(shard_id id, shard_copies& s, const std::string& prefix,
                     const std::set<std::string>& present, sequence as_of,
                     copy_effects& out);
  void publish(shard_id id, const std::string& key, const record_copy& r,
               copy_effects& out);
  bool covered(const shard_copies& s, const std::string& key) const;
  void note_own(const std::string& key);
  /// A1: what is acknowledged must be known, also where the copy that it is of
  /// is not here.
  void hear_own(const shard_copies& s, const invalidate& x);
  /// Up to here it is known which of what was heard came true.
  void settle_own(shard_id shard, sequence upto);
  bool under_held_prefix(const shard_copies& s, const std::string& key) const;
  /// Whether a copy of this grant is held, or arriving.
  bool knows(const shard_copies& s, grant_number grant) const;
  void drop_record(shard_copies& s, const std::string& key);

  void ask_key(shard_copies& s, const std::string& key, copy_effects& out);
  void take_key(const peer& from, const copy_grant& x, shard_copies& s,
                copy_effects& out);
  void give_up_key(shard_copies& s, const std::string& key, copy_effects& out);
  /// Of all keys of a shard, or of those under a prefix that takes their place.
  void give_up_keys(shard_copies& s, const std::string& prefix,
                    copy_effects& out);
  void make_room(const key_copies::name& x, size_t bytes, copy_effects& out);
  /// A change of a single key was decided. @returns false: it was given up
  bool keep_key(shard_copies& s, const std::string& key,
                const std::string& value, copy_effects& out);
  void ask_keys_again(boot_time now, copy_effects& out);
  void use_session(shard_id id, shard_copies& s, const cover& what,
                   boot_time now, copy_effects& out);

  // local_copies_rack.cpp
  void start_rack(shard_id id, shard_copies& s, copy_effects& out);
  static void end_rack(shard_id id, shard_copies& s, copy_effects& out);
  void acknowledge(const peer& from, const invalidate& x, shard_copies& s,
                   boot_time now, copy_effects& out);
  void tell_home(shard_id id, const shard_copies& s, const rack_entry& x,
                 copy_effects& out) const;
  void commit_for_rack(shard_id id, shard_copies& s, sequence upto,
                       copy_effects& out);
  void give_waiting(shard_id id, shard_copies& s, const std::string& prefix,
                    copy_effects& out);
  bool give(shard_id id, shard_copies& s, const std::string& prefix,
            const peer& holder, copy_effects& out);
  static bool rack_wants(const shard_copies& s, const std::string& key);
  void tend_rack(shard_id id, shard_copies& s, boot_time now,
                 copy_effects& out);

  peer self_;
  uint32_t shard_count_;
  copy_options options_;
  granter_choice choice_;
  std::set<std::string> pinned_;
  std::map<shard_id, shard_copies> shards_;
  size_t bytes_ = 0;
  uint64_t own_version_ = 0;
  /// Of the newest invalidation, if no copy shows it.
  std::vector<policy_view::change> heard_;
  sequence heard_at_; // 0: nothing that is undecided
  key_copies keys_;
};

} // namespace muster
