// SPDX-License-Identifier: Apache-2.0
#pragma once

// Deliberate errors, one a rule, that a test must notice (`scripts/mutants`).
// Only a build with MUSTER_MUTANTS has them; in every other one the condition
// is the constant `false` and nothing of it is left.
//
//     if (MUSTER_MUTANT(c1_acknowledgement_missing)) ...
//
// A mutant is named after the rule that it breaks (docs/protocol.md).

#ifdef MUSTER_MUTANTS

#  include <span>
#  include <string_view>

namespace muster {

enum class mutant {
  none,
  /// A granter's lease counts for every shard and term.
  t3_lease_not_tied,
  /// A learner is covered for reads before it counts.
  t3_learner_covered,
  /// An answer counts from its arrival, not from the request's t0.
  t2_lease_from_arrival,
  /// A machine that starts takes over at once.
  t5_grants_forgotten,
  /// A backup asks to take over before its own grants are over.
  l2_takeover_too_early,
  /// A new primary throws its undecided tail away.
  l2_tail_discarded,
  /// A backup keeps what it does not share with the new primary.
  l3_not_truncated,
  /// A backup cuts its log by what it read from the coordinator.
  l3_truncated_too_early,
  /// The highest term is not written down.
  l3_term_not_durable,
  /// Keys of the undecided tail are read.
  l4_tail_read,
  /// A replica without the undecided tail is covered for reads, and added.
  l4_tail_not_counted,
  /// The first commit of a term waits for nobody.
  f1_no_fence,
  /// A fence is answered without dropping the copies of lower terms.
  f1_fence_without_drop,
  /// A primary hands over before its own fence is complete.
  f2_before_own_fence,
  /// Who takes over by a planned move does not wait for the directory.
  f2_directory_not_waited,
  /// A holder whose incarnation has gone is forgotten at once.
  d4_holder_forgotten,
  /// A fence is answered by another incarnation than was asked.
  d4_fence_by_another,
  /// Leases and messages about copies count whatever their session.
  t4_session_ignored,
  /// Messages of a replica's former session count.
  t4_replica_session_ignored,
  /// An acknowledgement of an older grant counts.
  d2_grant_ignored,
  /// A validation makes every key valid, pending changes or not.
  d2_validates_too_much,
  /// A copy granted during a write is not told of it.
  d3_in_flight_forgotten,
  /// A copy of a single key is not told of its writes.
  d6_key_not_watched,
  /// A copy of a single key is given up before it is silent.
  d6_given_up_not_silent,
  /// One acknowledgement is not waited for.
  c1_acknowledgement_missing,
  /// A later entry is committed before an earlier one.
  c1_out_of_order,
  /// A dropped replica's leases are not waited for.
  c1_dropped_not_silent,
  /// A holder's leases are not waited for when it is expelled.
  c1_expelled_not_silent,
  /// A refusal is told before the state that it rests on is committed.
  c3_refusal_too_early,
  /// An id that is known is applied again.
  c3_applied_twice,
  /// Backups serve what is not committed.
  p334_backup_not_silent,
  /// A holder acknowledges an invalidation before it marks the keys.
  w3_holder_not_silent,
  /// The table is published after the answer has left.
  r1_published_late,
  /// The lease word is read after the record.
  r2_lease_read_late,
  /// A record of another tenure, hence term and session, counts.
  r2_tenure_not_compared,
  /// An absent key that is being written stays absent.
  r3_absent_not_marked,
  /// The prefix word is not read again after the records.
  r3_prefix_read_once,
  /// The table pointer is read before the prefix word.
  r3_table_read_early,
  /// The counter of a prefix word begins anew with each grant.
  r3_counter_repeats,
  /// The counters are moved before the keys are marked.
  r3_counter_moved_early,
  /// The clock is read before the records.
  r4_clock_read_early,
  /// A backup is added before it counts.
  m4_added_too_early,
  /// A swap without an answer did not happen.
  m4_absent_nonce,
  /// What was lost between two news is not asked for.
  n1_gap_ignored,
  /// A snapshot in pieces counts as one of the instant of the last piece.
  n2_pieces_as_one,
  /// A shard votes before its holders and backups have acknowledged its part.
  p1_vote_too_early,
  /// A key that is only guarded is not locked.
  p2_guard_not_locked,
  /// The commit of a prepared part makes its keys readable.
  p2_prepare_validates,
  /// An attempt is answered as aborted, and no log has it.
  p3_abort_not_logged,
  /// A decision to commit is forgotten when the first shard has done it.
  p3_decision_forgotten,
  /// A new primary leaves what its shard has to decide.
  p4_left_undecided,
  /// A session ends although it was renewed after the last look.
  u1_renewal_overlooked,
  /// What another has written vanishes with the session that it was bound to.
  u2_value_not_compared,
  /// A command that is in flight when a policy comes is not told to its
  /// machines.
  agent_policy_ignored_in_flight,
  /// A machine that a policy names is told, and not waited for.
  agent_policy_not_waited,
  /// A policy is in force when it is known to be committed, not before.
  agent_policy_undecided_ignored,
  /// A home that does not know the policies commits.
  agent_policies_not_awaited,
  /// What is not synced counts as durable.
  i3_not_synced,
  /// A switch acknowledges before its rack has.
  s1_acks_before_rack,
  /// A switch grants leases that are longer than its own.
  s2_lease_not_nested,
  /// A switch forgets its rack's machines when its own session ends.
  d4_rack_forgotten,
  /// Who changes its granter keeps the copies of the former one.
  d5_copies_kept,
};

/// The one that is compiled in and switched on; at most one at a time.
extern mutant active_mutant;

struct named_mutant {
  std::string_view name;
  mutant which;

  /// The test program that notices it; empty for the simulator's seeds. One
  /// thread runs a simulation, so orders between threads need a unit test.
  std::string_view test = {};
};

/// All of them.
std::span<const named_mutant> all_mutants();

/// Switches one on, or all off if the name is empty.
/// @returns false, and changes nothing, if there is none of that name
bool switch_on(std::string_view name);

} // namespace muster

#  define MUSTER_MUTANT(name) \
    (::muster::active_mutant == ::muster::mutant::name)
#else
#  define MUSTER_MUTANT(name) false
#endif
