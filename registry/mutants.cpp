// SPDX-License-Identifier: Apache-2.0
#include "registry/mutants.hpp"

#ifdef MUSTER_MUTANTS

#  include <algorithm>
#  include <iterator>

namespace muster {

mutant active_mutant = mutant::none;

namespace {

#  define NAMED(x) \
    { #x, mutant::x }
#  define NAMED_IN(test, x) \
    { #x, mutant::x, test }

constexpr std::string_view read_table_test = "unit-read_table";
/// Two rules stand in the way of these, or seeds come to it too rarely: an
/// order to move within a fence, a tail that only the former primary committed.
constexpr std::string_view core_test = "unit-registry";

constexpr named_mutant all[] = {
  NAMED(t3_lease_not_tied),
  NAMED(t3_learner_covered),
  NAMED(t2_lease_from_arrival),
  NAMED(t5_grants_forgotten),
  NAMED(l2_takeover_too_early),
  NAMED(l2_tail_discarded),
  NAMED(l3_not_truncated),
  NAMED(l3_truncated_too_early),
  NAMED(l3_term_not_durable),
  NAMED(l4_tail_read),
  NAMED_IN(core_test, l4_tail_not_counted),
  NAMED(f1_no_fence),
  NAMED(f1_fence_without_drop),
  NAMED_IN(core_test, f2_before_own_fence),
  NAMED(f2_directory_not_waited),
  NAMED(d4_holder_forgotten),
  NAMED_IN(core_test, d4_fence_by_another),
  NAMED_IN(core_test, t4_session_ignored),
  NAMED_IN(core_test, t4_replica_session_ignored),
  NAMED_IN(core_test, d2_grant_ignored),
  NAMED(d2_validates_too_much),
  NAMED(d3_in_flight_forgotten),
  NAMED(d6_key_not_watched),
  NAMED(d6_given_up_not_silent),
  NAMED(c1_acknowledgement_missing),
  NAMED(c1_out_of_order),
  NAMED(c1_dropped_not_silent),
  NAMED(c1_expelled_not_silent),
  NAMED(c3_refusal_too_early),
  NAMED(c3_applied_twice),
  NAMED(p334_backup_not_silent),
  NAMED(w3_holder_not_silent),
  NAMED(r1_published_late),
  NAMED_IN(read_table_test, r2_lease_read_late),
  NAMED_IN(read_table_test, r2_tenure_not_compared),
  NAMED(r3_absent_not_marked),
  NAMED_IN(read_table_test, r3_prefix_read_once),
  NAMED_IN(read_table_test, r3_table_read_early),
  NAMED_IN(read_table_test, r3_counter_repeats),
  NAMED_IN(read_table_test, r3_counter_moved_early),
  NAMED_IN(read_table_test, r4_clock_read_early),
  NAMED(m4_added_too_early),
  NAMED(m4_absent_nonce),
  NAMED(n1_gap_ignored),
  NAMED(n2_pieces_as_one),
  NAMED(p1_vote_too_early),
  NAMED(p2_guard_not_locked),
  NAMED(p2_prepare_validates),
  NAMED(p3_abort_not_logged),
  NAMED(p3_decision_forgotten),
  NAMED(p4_left_undecided),
  NAMED(u1_renewal_overlooked),
  NAMED(u2_value_not_compared),
  NAMED(agent_policy_ignored_in_flight),
  NAMED(agent_policy_not_waited),
  NAMED(agent_policy_undecided_ignored),
  NAMED_IN(core_test, agent_policies_not_awaited),
  NAMED(i3_not_synced),
  NAMED(s1_acks_before_rack),
  NAMED(s2_lease_not_nested),
  NAMED(d4_rack_forgotten),
  NAMED(d5_copies_kept),
};

#  undef NAMED
#  undef NAMED_IN

} // namespace

std::span<const named_mutant> all_mutants() {
  return all;
}

bool switch_on(std::string_view name) {
  auto found = std::ranges::find(all, name, &named_mutant::name);
  if (found == std::end(all) && !name.empty())
    return false;
  active_mutant = name.empty() ? mutant::none : found->which;
  return true;
}

} // namespace muster

#endif
