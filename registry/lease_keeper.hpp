// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/messages.hpp"
#include "registry/rate_watch.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace muster {

struct lease_options {
  /// D_g: for how long a granter assumes that a lease it granted is live.
  /// Longer = a dead machine delays writes longer; shorter = more messages.
  nanoseconds granted = std::chrono::seconds{2};
  /// How often a holder renews; at most a quarter of `granted`.
  nanoseconds renew = std::chrono::milliseconds{500};
  /// The same of a pair that has no use for its lease, in times of `renew`.
  /// Longer = fewer messages; a use that nobody here knows of waits so long.
  int idle_renewals = 20;
  /// Peers whose leases are renewed as if they were in use: their clocks judge
  /// the own one (T2). More = all pairs renew in larger clusters.
  size_t witnesses = 4;

  /// D_h = 0.9 D_g: for how long a holder relies on it (T2).
  nanoseconds held() const {
    return held_of(granted);
  }

  /// 0.9 of it: what stays of a lease from one clock to the other.
  static nanoseconds held_of(nanoseconds granted) {
    return granted / 10 * 9;
  }

  nanoseconds idle() const {
    return renew * idle_renewals;
  }
};

/// S2: the lease of its own under which a switch covers its rack: of this
/// granter, in this session. No granter: it covers in its own right.
struct lease_backing {
  peer granter;
  session in;
};

/// What the primary of a shard may rely on: the earliest end of the leases of
/// all its granters, and each one's end.
struct authority {
  shard_id shard;
  term of;
  /// Of the `require` that this answers.
  uint64_t version = 0;
  boot_time until;
  std::vector<std::pair<peer, boot_time>> ends;
};

/// A lease that this machine holds covers these (or not any more).
struct lease_news {
  peer granter;
  boot_time end;
  std::vector<cover> held;
  std::vector<cover> lost;
};

/// The answer to `stop_covering`: every lease that covered it is over at
/// `until` (the beginning of time: there was none).
struct uncovered {
  peer who;
  cover what;
  boot_time until;
  /// Of the request.
  uint64_t number = 0;
};

struct lease_effects {
  struct send {
    machine_id to;
    wire_message what;
  };

  /// Clocks were found to differ too much in rate, or to agree again.
  struct rate_news {
    machine_id granter;
    bool agrees = false;
  };

  std::vector<send> sends;
  std::vector<rate_news> rates;
  /// Set when it changes, see `doubts_own_clock`.
  std::optional<bool> own_clock_doubted;
  std::vector<authority> authorities;
  std::vector<lease_news> news;
};

/// Both sides of the leases between this machine and every other one (3.1).
///
/// A lease is between two incarnations; a grant names the (shard, term,
/// session) triples that it covers at that instant (T3). Shards and agents
/// say what to cover; whether a primary may cover at that instant, the keeper
/// decides from the leases that the machine itself holds.
///
/// Only leases that are in use are renewed every `renew` (`in_use`); the pairs
/// of a large cluster are many, and few of them have anything to cover. Who
/// comes to need a lease asks for it at once.
///
/// Invariants: (1) `until` of a slot never decreases, whatever its session;
/// (2) an answer counts from the `t0` of its own request, once, and only if
/// no answer to a later request was applied (T2); (3) a cover of kind replica
/// or copy is granted only if every required granter's lease is live at the
/// instant of the grant, one with a backing for at most 0.9 of what is left of
/// that (S2); (4) nothing is held of a granter whose clock was seen
/// to run at too different a rate (T2, `rate_watch`).
///
/// Not thread-safe; owned by one actor.
class lease_keeper {
public:
  /// Most requests without an answer that are remembered for one granter.
  static constexpr size_t open_requests_max = 128;

  /// The least time between two requests to one granter, once so many have
  /// not been answered.
  static constexpr nanoseconds renew_pause = std::chrono::milliseconds{20};
  static constexpr size_t renew_burst = 4;

  /// @param followed  a machine that must be heard all the time, the switch
  ///        that this one is behind; empty: none
  lease_keeper(machine_id self, incarnation run, lease_options options,
               machine_id followed = {});

  /// The registered machines. Slots of vanished ones stay until they are over
  /// (D4).
  void set_peers(const std::vector<peer>& peers);

  /// Sends the requests that are due.
  void on_tick(boot_time now, lease_effects& out);

  /// Asks `granter` for a renewal at once.
  void renew_now(const machine_id& granter, boot_time now, lease_effects& out);

  /// @param now  read after the request was received
  void on_request(const peer& from, const lease_request& x, boot_time now,
                  lease_effects& out);

  void on_grant(const peer& from, const lease_grant& x, boot_time now,
                lease_effects& out);

  /// From the next grant on, leases to `who` cover `what`.
  void start_covering(const peer& who, const cover& what,
                      const lease_backing& under = {});

  /// From now on no lease to `who` covers this shard in this kind.
  uncovered stop_covering(const peer& who, const cover& what);

  /// The primary of `shard` in term `of` needs leases of all `granters`. The
  /// answer comes at once and again with every change. An empty list: the
  /// authority has no end.
  /// @param aspirants  not needed (yet); their ends are told all the same (M4)
  void require(shard_id shard, term of, uint64_t version,
               std::vector<peer> granters, std::vector<peer> aspirants,
               lease_effects& out);

  /// This machine is not the primary of `shard` any more.
  void release(shard_id shard);

  /// Incarnations that this machine grants to or granted to, for tests.
  size_t holder_count() const {
    return holders_.size();
  }

  /// T2: whether this machine's clock runs at another rate than those of most
  /// machines that answer, of two at least: then it is this one that is wrong.
  bool doubts_own_clock() const {
    return own_clock_doubted_;
  }

  /// False: the clock of `who` runs at another rate than this one's, which is
  /// not doubted.
  bool trusts_clock_of(const peer& who) const;

private:
  struct granter_state {
    uint64_t applied = 0;
    std::vector<std::pair<uint64_t, boot_time>> open;
    boot_time asked{}; // last
    boot_time due{};
    bool in_use = false;
    bool followed = false;
    boot_time end{};
    uint64_t covers_version = 0;
    std::vector<cover> covers; // sorted
    rate_watch rate;
    boot_time heard{};
  };

  struct slot {
    cover what;
    bool active = false;
    boot_time until{};
    lease_backing under;
  };

  using limited_ends = std::map<shard_id, boot_time>;

  struct holder_state {
    uint64_t covers_version = 0;
    std::vector<cover> last; // sorted
    std::map<std::pair<shard_id, cover_kind>, slot> slots;
  };

  struct requirement {
    term of;
    uint64_t version = 0;
    std::vector<peer> granters;
    std::vector<peer> aspirants;
  };

  void request(const peer& granter, granter_state& state, boot_time now,
               lease_effects& out);
  void choose_followed();
  /// Looks again whether the lease of this granter is in use.
  void note_use(const peer& granter);
  bool in_use(const peer& granter, const granter_state& state) const;
  bool is_required(const peer& granter) const;
  holder_state& holder_at(const peer& who);
  static void watch_rate(const peer& from, granter_state& state, boot_time sent,
                         boot_time received, boot_time theirs,
                         lease_effects& out);
  void drop_covers(const peer& from, granter_state& state, lease_effects& out);
  void forget_silent(boot_time now);
  void judge_own_clock(boot_time now, lease_effects& out);
  boot_time end_of(const peer& granter, shard_id shard, term of) const;
  authority authority_of(shard_id shard, const requirement& x) const;
  bool may_cover(const cover& what, boot_time now) const;
  nanoseconds grantable(const slot& s, boot_time now) const;
  nanoseconds left_of(const cover& what, const lease_backing& under,
                      boot_time now) const;
  limited_ends ends_of(const lease_grant& x, boot_time sent) const;
  void apply_covers(const peer& from, granter_state& state,
                    const lease_grant& x, const limited_ends& limited,
                    lease_effects& out);
  static void tell_held(const lease_news& base, const granter_state& state,
                        const limited_ends& limited, lease_effects& out);

  machine_id self_;
  incarnation run_;
  lease_options options_;
  machine_id followed_;
  /// Of all requests: a peer that comes back never sees a number again (T2).
  uint64_t next_number_ = 1;
  /// Of all lists to all holders: one that was forgotten and comes back never
  /// takes a new list for one that it has.
  uint64_t next_covers_version_ = 1;
  std::map<peer, granter_state> granters_;
  std::map<peer, holder_state> holders_;
  std::set<peer> gone_; // holders that are not registered
  std::map<shard_id, requirement> required_;
  bool own_clock_doubted_ = false;
};

} // namespace muster
