// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_replica.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/read_table/read_table.hpp"
#include "tests/simulation/change_book.hpp"
#include "tests/simulation/copy_watch.hpp"
#include "tests/simulation/part_watch.hpp"
#include "tests/simulation/policy_watch.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::sim {

/// What is so, whatever the machines believe.
class ground_truth {
public:
  virtual ~ground_truth() = default;

  /// What the coordinator has now; nothing before the first assignment.
  virtual std::optional<assignment> newest(shard_id shard) const = 0;

  /// Up to where a store's log is on its disk; nothing: there is no such
  /// store any more, its disk was replaced.
  virtual std::optional<sequence> durable(const replica_ref& at,
                                          shard_id shard) const = 0;
};

/// Watches every replica of every shard from outside: after each input of one
/// of them it checks what must hold between them. It changes nothing.
///
/// - I4: at one instant at most one replica of a shard acts as primary.
/// - I11: two replicas that have committed up to a sequence have the same
///   hash of all bytes up to there.
/// - I12: a backup has committed nothing that no primary has committed.
/// - I3: who acts first in a term has every committed entry in its log; a
///   store comes back with the term and the log that it has promised (L3).
/// - I6: when a primary commits, the disk of every in-sync replica has the
///   entry, in-sync as the coordinator has it.
/// - I8: when a primary commits, no machine would serve a read of a written
///   key from before.
/// - I2, I10 of commands over several shards: `part_watch`.
/// - Policies: `policy_watch`.
/// - I16: `copy_watch`, when `look_at_copies` is called.
///
/// Not thread-safe; lives as long as the world.
class shard_watch {
public:
  /// From now on; `truth` outlives this.
  void trust(const ground_truth& truth) {
    truth_ = &truth;
  }

  /// What is wrong; empty = nothing so far. The first finding stays.
  const std::string& problem() const {
    return problem_;
  }

  /// A replica of `owner` took an input.
  void observe(const machine_id& owner, const clock_source& clock,
               const shard_replica& x);

  /// See `copy_watch`.
  void know_racks(const std::map<machine_id, machine_id>& behind) {
    copies_.know_racks(behind);
  }

  /// What users of `owner` read from now on, until it is forgotten.
  void observe_reads(const peer& owner, const read_table& table) {
    tables_[owner.id] = &table;
    copies_.observe_reads(owner, table);
  }

  /// See `copy_watch`.
  void observe_directory(const machine_id& owner, shard_id of,
                         const home_agent& x) {
    copies_.observe_directory(owner, of, x);
    policies_.observe_directory(owner, of, x);
  }

  /// See `policy_watch`.
  void observe_board(const peer& owner, const policy_board& x) {
    policies_.observe_board(owner, x);
  }

  /// See `copy_watch`.
  std::vector<peer> holders_at(const machine_id& granter, shard_id of,
                               const std::string& key) const {
    return copies_.holders_at(granter, of, key);
  }

  policy_watch& policies() {
    return policies_;
  }

  /// I16, for the primaries that act and commit now.
  /// @param keys  of each shard
  void look_at_copies(const std::map<shard_id, std::vector<std::string>>& keys);

  /// The process of `owner` is dead: its replicas are gone.
  void forget(const machine_id& owner);

  /// Inputs watched.
  uint64_t input_count() const {
    return input_count_;
  }

  /// Planned moves whose next primary has committed something.
  size_t handed_over() const {
    return handed_over_;
  }

  /// The longest time from the stop of a primary that handed over to the first
  /// commit of another one.
  nanoseconds pause_max() const {
    return pause_max_;
  }

  /// See `copy_watch::found_count`.
  size_t copies_found() const {
    return copies_.found_count();
  }

  /// Those of them that a switch had granted.
  size_t copies_behind_found() const {
    return copies_.behind_count();
  }

  const part_watch& parts() const {
    return parts_;
  }

  /// What any replica has committed.
  const change_book& changes() const {
    return changes_;
  }

  /// A part of a command over several shards that still has no decision, or a
  /// decision that not all have carried out; empty: none (I17).
  std::string unfinished_part() const;

  /// The highest committed sequence of each shard.
  std::map<shard_id, sequence> committed() const;

private:
  struct replica {
    const shard_replica* core = nullptr;
    const clock_source* clock = nullptr;
    sequence committed;
    bool acted = false;
    /// Undecided entries of commands over several shards in its log, and how
    /// far that was looked through.
    std::map<sequence, log_entry> parts;
    sequence seen_upto;
    /// Of its store; null = recovery was not judged yet.
    shard_replica::promise* kept = nullptr;
  };

  struct shard {
    std::map<machine_id, replica> replicas;
    /// By sequence: the hash of the committed log up to there; 0 = not seen.
    std::vector<uint64_t> hashes;
    sequence committed_by_primary;
    /// Who has stopped for a hand-over, and when, on its own clock.
    machine_id stopped;
    boot_time stopped_at{};
    /// Of each store, over its restarts.
    std::map<replica_ref, shard_replica::promise> promises;
  };

  void watch_parts(replica& r);
  void watch_moves(shard& s, const replica& r, const machine_id& owner);
  void check_hashes(shard& s, replica& r, const machine_id& owner);
  void check_log(shard& s, replica& r, const machine_id& owner);
  void check_primaries(const shard& s);
  void check_promise(shard& s, replica& r, const machine_id& owner);
  void check_durable(const replica& r, const machine_id& owner);
  void check_reads(const replica& r, sequence from);
  void check_read(const shard_replica& x, const std::string& key);
  void report(const shard_replica& x, const machine_id& owner,
              std::string what);

  const ground_truth* truth_ = nullptr;
  part_watch parts_;
  change_book changes_;
  copy_watch copies_;
  policy_watch policies_;
  std::string problem_;
  std::map<shard_id, shard> shards_;
  std::map<machine_id, const read_table*> tables_;
  uint64_t input_count_ = 0;
  size_t handed_over_ = 0;
  nanoseconds pause_max_{};
};

} // namespace muster::sim
