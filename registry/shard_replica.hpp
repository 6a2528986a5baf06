// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/backup_role.hpp"
#include "registry/primary_role.hpp"
#include "registry/shard_context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// What a store brought back of a shard.
struct recovered_replica {
  std::string meta;
  std::vector<snapshot_row> rows;
  sequence checkpoint;
  std::vector<std::string> entries;
};

/// A shard's replica on one machine: its log and state, the role that it plays
/// (primary, backup or learner, or none), and the takeover (3.6).
///
///     none --join/snapshot--> backup --silent primary--> candidate
///       |                       ^                          |
///       |                       +--newer term's join-------+
///       +--restarted primary--> candidate --swap landed--> primary
///
/// Inputs are the `on_...` functions; each appends what it wants done to
/// `out`, to be carried out in order. The caller's duties: (1) one input at a
/// time; (2) carry out all effects before the next input; (3) answer every
/// `persist`, `swap`, `require` and `uncover`; (4) `on_tick` at least every
/// 100 ms.
///
/// Invariants: (1) at most one role; (2) a role's term is the highest that
/// this replica joined or acts in, and is durable before anything is sent in
/// it (L3); (3) it acts as primary only by a swap that this incarnation sent
/// (T5), or by the directory of the very swap that landed (F2); (4) it asks for
/// a swap only after every lease that it granted the primary is over, a former
/// incarnation's included (L2, T5).
///
/// Not thread-safe; owned by one actor.
class shard_replica {
public:
  struct identity {
    shard_id shard;
    peer self;
    store_id store;
    uint64_t nonce_seed = 0;
    boot_time started;
  };

  shard_replica(identity who, shard_options options, const entry_codec& codec);

  /// Loads what the store has. Call it once, before any input.
  /// @returns false if it is damaged: the replica begins empty, as a learner
  bool recover(recovered_replica x);

  // From other machines' shards and agents.
  void on_message(const peer& from, const join_request& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const join& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const joined& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const snapshot& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const snapshot_ack& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const prepare& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const prepare_ack& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const commit& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const drop_replica& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const drop_ack& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const fence& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const fence_ack& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const handover& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const handover_ack& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const handover_landed& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const fence_done& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const move_request& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const part_vote& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const part_decision& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const part_done& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const part_question& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const read_request& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const list_request& x, boot_time now,
                  shard_effects& out);
  void on_message(const peer& from, const watch_request& x, boot_time now,
                  shard_effects& out);

  // From this machine's agent.
  void on_submit(const home_submit& x, boot_time now, shard_effects& out);
  void on_part(const home_part& x, boot_time now, shard_effects& out);
  void on_copy_ask(const copy_ask& x, boot_time now, shard_effects& out);
  void on_holders_ready(const holders_ready& x, boot_time now,
                        shard_effects& out);
  void on_policy_ask(const policy_ask& x, boot_time now, shard_effects& out);

  void on_directory_told(const directory_told& x, boot_time now,
                         shard_effects& out);

  // From this machine's ports and other actors.
  /// An order of this machine's planner; nothing if it is not the primary.
  void on_order(const move_order& x, boot_time now, shard_effects& out);
  void on_assignment(const assignment& x, boot_time now, shard_effects& out);
  void on_swap_result(nonce writer, bool landed, bool conflict, epoch at,
                      boot_time now, shard_effects& out);
  void on_members(epoch at, epoch changed_at, const std::vector<peer>& members,
                  boot_time now, shard_effects& out);
  void on_authority(const authority& x, boot_time now, shard_effects& out);
  void on_lease_news(const lease_news& x, shard_effects& out);
  void on_uncovered(const uncovered& x, boot_time now, shard_effects& out);
  void on_heard(const peer& who, boot_time now);
  /// T2: while the own clock is doubted, this replica leads only what nobody
  /// else can.
  void on_own_clock(bool doubted, boot_time now, shard_effects& out);
  /// @param there_is  false: what is to be written waits for room, so a
  ///        replica that would have to be sent what it misses does not ask
  void on_room(bool there_is) {
    has_room_ = there_is;
  }
  void on_link_up(const peer& who, boot_time now, shard_effects& out);
  void on_durable(uint64_t token, boot_time now, shard_effects& out);
  void on_checkpoint(sequence upto, boot_time now, shard_effects& out);
  void on_tick(boot_time now, shard_effects& out);

  /// The command's story, if this shard decides it and its entry is in the
  /// log's window; without addresses and times, which the log does not have.
  std::optional<story> story_of(const command_id& id) const;

  /// One line for `status`: served, or why not.
  std::string state_text(boot_time now) const;

  bool is_primary() const {
    return primary_ != nullptr;
  }

  /// Whether it is a primary that has stopped for a hand-over (F2).
  bool hands_over() const {
    return primary_ && primary_->stopped();
  }

  /// Whether it is the primary and may answer reads now (I4).
  bool acts(boot_time now) const {
    return primary_ && primary_->has_authority(now);
  }

  /// Whether it is a primary that commits: its fence is complete (F1, F2).
  bool fenced() const {
    return primary_ && primary_->fenced();
  }

  /// What this replica has promised in its role: a term that it joined or
  /// acts in (L3), and the sequence up to which its log is durable (C1).
  struct promise {
    term of;
    sequence upto;
  };

  /// Nothing: no role, or one that has not promised yet.
  std::optional<promise> promised() const {
    if (primary_)
      return promise{primary_->of(), primary_->durable()};
    if (backup_ && backup_->ready())
      return promise{backup_->link().of, backup_->durable()};
    return std::nullopt;
  }

  const shard_context& context() const {
    return ctx_;
  }

  /// Asserts the invariants of the class and of its role.
  void check_invariants() const;

private:
  /// A takeover under way.
  struct candidacy {
    boot_time begun{};
    /// L2: every lease we granted is over then; max = not known yet.
    boot_time silent_at = boot_time::max();
    uint64_t uncover = 0; // the request that asks for it
    /// Whose leases end then.
    peer asked_of;
    std::vector<nonce> tried;
    assignment proposed;
    bool asked = false;
    boot_time next_ask{};
    term former;
    machine_id former_primary;
  };

  /// A swap of ours that landed; acts once the term is durable.
  struct succession {
    assignment landed;
    term former;
    machine_id former_primary;
    uint64_t token = 0;
    /// F2.
    std::optional<handover> handed;
  };

  void begin(shard_effects& out);
  void settle(boot_time now);
  void stop_roles(bool drop_published);
  bool accepts(const peer& from, const flow& link) const;
  bool silent_for(const flow& link) const;
  backup_role* backup_for(const peer& from, const flow& link);
  void ask_to_join(boot_time now);
  void watch_primary(boot_time now);
  void step_down_in_doubt();
  boot_time turn_at(boot_time now) const;
  void start_candidacy(boot_time now);
  void advance_candidacy(boot_time now);
  void ask_swap(boot_time now);
  void swap_landed(epoch at);
  void succeed(succession x, epoch at);
  void take_handed(epoch at);
  void leave_shard(const assignment& x);
  void abandon_candidacy();
  void act(boot_time now);
  bool is_ours(nonce writer) const;

  shard_context ctx_;
  boot_time started_{};
  bool complete_ = true;
  bool damaged_ = false;
  std::unique_ptr<primary_role> primary_;
  std::unique_ptr<backup_role> backup_;
  std::optional<candidacy> candidacy_;
  std::optional<succession> succession_;
  /// F2: received by this incarnation, in the role that it has now.
  std::optional<handover> handed_;
  /// The link of the newest role as a backup; outlives it (T4).
  flow last_link_;
  boot_time heard_primary_{};
  boot_time last_ask_{};
  /// The newest assignment on which it was asked to join.
  epoch invited_at_;
  bool own_clock_doubted_ = false;
  bool has_room_ = true;
  sequence checkpointed_;
  bool checkpointing_ = false;
};

} // namespace muster
