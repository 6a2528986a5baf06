// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_context.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace muster {

/// The acting primary of one term of a shard: the home of its commands.
///
/// Life cycle: made when this incarnation's own swap has landed and the term is
/// durable (L3, T5); destroyed when another takes over or the shard leaves.
/// Sources: `primary_role.cpp` (life, fence F1), `primary_commands.cpp` (3.3),
/// `primary_replicas.cpp` (sessions, join, repair), `primary_swaps.cpp` (M4,
/// T6), `primary_reads.cpp` (R1, copies), `primary_watches.cpp`,
/// `primary_decisions.cpp` and `primary_parts.cpp` (3.7, deciding and taking
/// part), `primary_orders.cpp` (planned changes of the set),
/// `primary_handover.cpp` (F2), `primary_policies.cpp`.
///
/// Invariants: (1) `committed` grows only by `try_commit` (C1); (2) every
/// replica of the assignment counts in the acknowledgement set, and more may
/// (M4); (3) a replica is covered for reads only while it counts and has
/// acknowledged every committed entry of its session (T3); (4) from the moment
/// in which it stops for a hand-over it reads, covers, grants, refuses and
/// commits nothing, unless the hand-over can no longer land (F2).
///
/// Not thread-safe; owned by one actor.
class primary_role {
public:
  /// @param landed  the assignment that our swap made
  /// @param former  the term before; 0 = there never was a primary
  /// @param former_primary  not asked by the fence: L2 proved its silence
  /// @param handed  F2: the directory of exactly the swap that landed
  primary_role(shard_context& ctx, assignment landed, term former,
               machine_id former_primary, const std::optional<handover>& handed,
               boot_time now);

  // -- commands (3.3) ---------------------------------------------------------

  void on_submit(const home_submit& x, boot_time now);
  void on_durable(uint64_t token, boot_time now);
  void on_holders_ready(const holders_ready& x, boot_time now);

  /// What must be watched for policies, from now on. The first one of a term
  /// lets it commit: before, nobody has looked for them.
  void on_policy_ask(const policy_ask& x, boot_time now);

  // -- commands over several shards (3.7) -------------------------------------

  void on_part(const home_part& x, boot_time now);
  void on_vote(const part_vote& x, boot_time now);
  void on_decision(const part_decision& x, boot_time now);
  void on_done(const part_done& x, boot_time now);
  void on_question(const part_question& x, boot_time now);

  // -- replicas ---------------------------------------------------------------

  void on_join_request(const peer& from, const join_request& x, boot_time now);
  void on_joined(const peer& from, const joined& x, boot_time now);
  void on_prepare_ack(const peer& from, const prepare_ack& x, boot_time now);
  void on_snapshot_ack(const peer& from, const snapshot_ack& x, boot_time now);
  void on_drop_ack(const peer& from, const drop_ack& x, boot_time now);
  void on_link_up(const peer& who, boot_time now);

  // -- authority and configuration --------------------------------------------

  /// R1: every in-sync backup's covering lease is live.
  bool has_authority(boot_time now) const;
  void on_authority(const authority& x, boot_time now);
  void on_uncovered(const uncovered& x, boot_time now);
  void on_members(epoch at, epoch changed_at, const std::vector<peer>& members,
                  boot_time now);
  void on_fence_ack(const peer& from, const fence_ack& x, boot_time now);
  void on_tick(boot_time now);
  /// @param swapped  the newest assignment, already in the context
  void on_assignment(boot_time now);
  void on_swap_result(nonce writer, bool landed, bool conflict, epoch at,
                      boot_time now);

  // -- planned moves (F2) -----------------------------------------------------

  /// Takes an order, to be carried out from now on. @returns why not; empty =
  /// taken, or it is the one that is being carried out
  std::string on_order(const move_order& x, boot_time now);
  void on_directory_told(const directory_told& x, boot_time now);
  void on_handover_ack(const peer& from, const handover_ack& x, boot_time now);

  /// Whether it reads, covers and commits nothing, for a hand-over.
  bool stopped() const;

  /// Answers what was held back: it surely changed nothing.
  void deny_held();

  // -- reads (R1) -------------------------------------------------------------

  read_reply on_read(const read_request& x, boot_time now);
  list_reply on_list(const list_request& x, boot_time now);
  void on_copy_ask(const copy_ask& x, boot_time now);
  void on_watch(const peer& from, const watch_request& x, boot_time now);

  term of() const {
    return term_;
  }

  bool fenced() const {
    return fenced_;
  }

  /// What is durable at home.
  sequence durable() const {
    return durable_;
  }

  /// Whether writes can be committed now, and if not, why not.
  std::string state_text(boot_time now) const;

  /// Sequences up to which the log in memory must be kept.
  sequence needed_from() const;

  /// Asserts the class's invariants.
  void check_invariants() const;

private:
  /// A replica of the assignment, a learner, or one on its way out.
  struct replica {
    replica_ref ref;
    peer who; // run 0: this incarnation has not been seen yet
    session in;
    bool counted = false; // in the acknowledgement and lease sets (M4)
    bool joined = false;
    bool covered = false; // for reads
    sequence acked;
    sequence sent;
    sequence told; // committed, as it was last told
    size_t sent_bytes = 0; // since the last acknowledgement
    /// A session that ended, and when its last lease is over; max = not known
    /// yet. C1: commits wait for all of them.
    struct former_session {
      peer who;
      session in;
      uint64_t uncover = 0; // the number of the request that asks for `until`
      boot_time until = boot_time::max();
    };
    std::vector<former_session> former;
    boot_time last_progress{};
    boot_time resent_at{};
    boot_time last_join{};
    boot_time joined_at{};
    /// A snapshot under way.
    struct transfer {
      sequence as_of;
      std::vector<snapshot> chunks;
      uint32_t acked = 0;
      uint32_t sent = 0;
    };
    std::optional<transfer> snapshot;
    /// The store with which its machine asks to join, if it is another one:
    /// its disk was replaced (M3).
    store_id replacement;
    /// Swapped out; waits for its word or the end of its leases (C1).
    bool dropped = false;
  };

  struct waiting_attempt {
    machine_id origin;
    uint64_t slot = 0;
    uint32_t attempt = 0;
    uint32_t digest = 0;
  };

  /// An undecided entry.
  /// An attempt, at its origin.
  struct attempt_at {
    explicit attempt_at(const home_submit& x)
      : origin(x.origin.id), slot(x.what.slot), number(x.what.attempt) {
      // nop
    }

    explicit attempt_at(const part_prepare& x)
      : origin(x.origin.id), slot(x.slot) {
      // nop
    }

    machine_id origin;
    uint64_t slot = 0;
    uint32_t number = 0; // 0: another shard answers it
  };

  struct pending_entry {
    sequence at;
    command_id id;
    machine_id origin;
    uint64_t slot = 0;
    uint32_t attempt = 0;
    boot_time prepared_at{};
    bool watched = false;
    std::vector<acknowledgement> acks;
    std::vector<waiting_attempt> others;
  };

  /// A refusal that rests on prepared state (C3): the answer to an origin, or
  /// a vote.
  struct waiting_refusal {
    sequence after;
    verdict answer;
    machine_id origin;
    std::optional<part_vote> vote;
  };

  /// What a reader was refused because of a lock. Its keys are not locked anew
  /// for a while: else one lock after the other could keep it out for ever.
  struct turned_away {
    std::string prefix;
    boot_time until{};
  };

  /// The votes of a command over several shards, at its deciding home (P1).
  struct collection {
    attempt_name attempt;
    home_submit asked;
    std::set<shard_id> open; // who has not voted yes
    std::map<shard_id, part_plan> plans; // who has; without effects
    std::vector<acknowledgement> acks;
    std::vector<waiting_attempt> others;
    boot_time since{};
    boot_time sent{};
    bool prepared = false; // here
    /// What speaks against it; empty: nothing yet.
    std::string against;
    bool refused = false;
    /// After all votes: a guard does not hold.
    bool otherwise = false;
  };

  using watcher_name = std::pair<peer, uint64_t>; // and its ticket

  struct watcher {
    std::string prefix;
    sequence after; // looked through for him
    sequence told; // of the last message to him
    std::optional<sequence> holds;
    boot_time until{};
  };

  enum class swap_kind : uint8_t {
    add,
    drop,
    /// A learner's store by the one that its machine has now (M3).
    replace,
    /// A machine becomes a learner.
    invite,
    /// A replica leaves the assignment.
    dismiss,
    /// F2.
    hand_over,
    /// Nothing changes: a hand-over of unknown outcome can land no more (M4).
    keep,
  };

  struct swap_attempt {
    std::vector<nonce> tried;
    assignment proposed;
    replica_ref target;
    swap_kind what = swap_kind::add;
    bool outcome_unknown = false;
  };

  /// A hand-over under way (F2).
  struct handing {
    enum class stage : uint8_t {
      /// New commands are held back until the undecided ones are committed.
      draining,
      /// Stopped; agent and lease keeper have not said yet that they have.
      stopping,
      /// The directory is on its way.
      offered,
      /// The swap is on its way, or its outcome is unknown.
      asked,
      /// It has landed; the new assignment has not been read yet.
      landed,
    };

    stage at = stage::draining;
    peer target;
    boot_time since{};
    bool directory_told = false;
    uint64_t uncover = 0;
    bool uncovered = false; // what was sent to the lease keeper has arrived
    std::vector<directory_entry> holders;
    assignment proposed;
  };

  struct running_order {
    move_order what;
    boot_time since{}; // of its newest progress
    bool invited = false;
    bool caught_up = false;
  };

  // primary_role.cpp
  void start_fence(const std::optional<handover>& handed, boot_time now);
  void ask_fence(boot_time now);
  void resend_unacknowledged(boot_time now);
  void seek_authority(boot_time now);
  void finish_fence(boot_time now);
  void require();
  boot_time lease_end(const peer& who) const;

  // primary_commands.cpp
  bool answer_known(const home_submit& x);
  bool reject_now(const home_submit& x);
  bool overloaded() const;
  void evaluate_new(const home_submit& x, boot_time now);
  void refuse_new(const home_submit& x, std::string refusal, boot_time now);
  std::vector<machine_id> replica_names() const;
  /// @param by  whose attempt it carries out, who is told of it
  void append(log_entry entry, const std::optional<attempt_at>& by,
              bool watched, boot_time now);
  void answer(const machine_id& to, verdict x);
  verdict verdict_for(const home_submit& x, outcome what) const;
  bool may_commit(sequence at, boot_time now) const;
  void try_commit(boot_time now);
  void answer_committed(const pending_entry& x, boot_time now);
  void answer_refusals(boot_time now);
  void forget_old(boot_time now);

  // primary_policies.cpp
  bool under_policies(const std::vector<effect>& effects) const;
  static watched_entry watched_entry_of(const pending_entry& p,
                                        const log_entry& entry);

  // primary_decisions.cpp
  std::string lock_on(const command& x) const;
  void begin_attempt(const home_submit& x, part_plan made, boot_time now);
  void send_parts(collection& c, boot_time now);
  void advance_collection(const std::string& id, boot_time now);
  void decide_votes(const std::string& id, collection& c, boot_time now);
  void decide(const std::string& id, entry_kind what, boot_time now);
  static std::map<shard_id, std::vector<int64_t>>
  counters_of(const collection& c);
  std::vector<effect> standing(const prepared_part& x) const;
  void tell_decision(const part_decision& x,
                     const std::vector<shard_id>& others,
                     const std::set<shard_id>& done);
  void on_part_committed(const pending_entry& p, boot_time now);
  void advance_decisions(boot_time now);
  void finish_decisions(boot_time now);

  // primary_parts.cpp
  std::string why_not(const home_part& x) const;
  void lock_keys(log_entry& entry, const command& part, part_plan made,
                 std::vector<participant> enlisted) const;
  void vote(const part_prepare& x, vote_kind what, std::string detail);
  void vote_yes(const command_id& id, const prepared_part& x,
                std::vector<acknowledgement> acks);
  void append_decision(const part_decision& x, const prepared_part& part,
                       boot_time now);
  void ask_decisions(boot_time now);

  // primary_replicas.cpp
  replica* find(const peer& who, const flow& link);
  replica* find(const machine_id& id);
  replica& add_replica(const replica_ref& ref, bool counted);
  void start_session(replica& r, const peer& who, boot_time now);
  void end_session(replica& r);
  void leave_session(replica& r);
  bool is_silent(const replica& r, boot_time now) const;
  void send_join(replica& r, boot_time now);
  void send_snapshot(replica& r, boot_time now);
  void pump_snapshot(replica& r);
  void pump(replica& r);
  void tell_committed(replica& r);
  void tell_committed();
  void seek_lease(const replica& r);
  void progress(replica& r, sequence acked, boot_time now);
  /// T3, M4: it has acknowledged, in this session, every entry that is or may
  /// be committed.
  bool has_all(const replica& r) const;
  void cover_if_whole(replica& r);
  void tell_fenced(const replica& r);
  flow link_to(const replica& r) const;

  // primary_swaps.cpp
  void watch_replicas(boot_time now);
  bool is_deaf(const replica& r, boot_time now) const;
  bool is_laggard(const replica& r, boot_time now) const;
  void leave_deaf_learners(boot_time now);
  void propose_drop(replica& r, boot_time now);
  void propose_add(boot_time now);
  void propose(assignment x, const replica_ref& target, swap_kind what,
               boot_time now);
  void propose_replacement(boot_time now);
  static const char* text_of(swap_kind x);
  void swap_landed(epoch at, boot_time now);
  void adopt_foreign(boot_time now);
  void finish_drops(boot_time now);
  void leave_set(replica& r);

  // primary_orders.cpp
  void advance_order(boot_time now);
  bool admit(boot_time now);
  bool dismiss(boot_time now);
  void wait_for_order(boot_time now);

  // primary_handover.cpp
  bool may_hand_over(const replica& r) const;
  void begin_handover(const replica& r, boot_time now);
  void advance_handover(boot_time now);
  void stop_everything(boot_time now);
  void offer_if_stopped(boot_time now);
  std::vector<directory_entry> directory(boot_time now) const;
  /// @returns false: it would be too much
  bool hold_back(const home_submit& x);
  std::deque<home_submit> take_held();
  void handover_landed_at(epoch at, boot_time now);
  void resume(boot_time now);

  // primary_reads.cpp
  bool undecided_tail(const std::string& key) const;
  bool any_locked(const std::string& prefix) const;
  void turn_away(const std::string& prefix, boot_time now);
  std::string awaited(const command& part, boot_time now) const;

  // primary_watches.cpp
  /// @param from  what was committed before
  void tell_watchers(sequence from);
  /// From where the log is needed by watchers who take a snapshot.
  sequence held_for_watchers() const;
  /// Whether the log does not tell what came after.
  bool is_forgotten(sequence after, boot_time now) const;
  watch_news news_for(const watcher& w, const watcher_name& name) const;
  watch_news records_for(const peer& to, const watch_request& x) const;

  shard_context& ctx_;
  assignment assigned_;
  term term_;
  term former_;
  machine_id former_primary_;
  boot_time started_{};

  bool fenced_ = false;
  bool members_known_ = false;
  boot_time fence_deadline_{};
  boot_time fence_asked_{};
  std::set<peer> fence_open_;

  sequence tail_end_; // L4
  sequence durable_;
  std::map<uint64_t, sequence> durable_at_; // token -> last sequence
  std::deque<pending_entry> pending_; // committed + 1 ..
  size_t pending_bytes_ = 0;
  std::unordered_map<std::string, sequence> undecided_ids_;
  std::deque<waiting_refusal> refusals_;
  std::map<std::string, collection> collecting_; // by id
  /// Who has reported, of the state's open decisions; by id.
  std::map<std::string, std::set<shard_id>> reported_;
  std::set<std::string> finishing_; // ids; the entry is undecided
  std::deque<turned_away> turned_away_; // a bounded number
  boot_time decisions_told_{};
  boot_time decisions_asked_{};
  std::deque<std::pair<sequence, boot_time>> ages_; // for forgetting
  sequence forgetting_; // the newest such entry

  uint64_t round_ = 0;
  sequence ready_;
  bool policies_known_ = false;
  std::vector<std::string> policy_prefixes_;

  uint64_t next_session_ = 1;
  std::map<machine_id, replica> replicas_;
  uint64_t require_version_ = 0;
  authority authority_;
  std::optional<swap_attempt> swap_;
  boot_time next_swap_{};

  std::optional<running_order> order_;
  std::optional<handing> handing_;
  /// Within the limits of undecided entries.
  std::deque<home_submit> held_;
  size_t held_bytes_ = 0;

  std::map<watcher_name, watcher> watchers_;
};

} // namespace muster
