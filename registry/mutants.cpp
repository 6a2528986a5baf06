// SPDX-License-Identifier: Apache-2.0
#include "registry/mutants.hpp"

#ifdef MUSTER_MUTANTS

namespace muster {

mutant active_mutant = mutant::none;

namespace {

#  define NAMED(x) \
    { #x, mutant::x }

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
  NAMED(f1_no_fence),
  NAMED(f1_fence_without_drop),
  NAMED(f2_before_own_fence),
  NAMED(f2_directory_not_waited),
  NAMED(d4_holder_forgotten),
  NAMED(t4_session_ignored),
  NAMED(t4_replica_session_ignored),
  NAMED(d2_grant_ignored),
  NAMED(d2_validates_too_much),
  NAMED(d3_in_flight_forgotten),
  NAMED(c1_acknowledgement_missing),
  NAMED(c1_out_of_order),
  NAMED(c1_dropped_not_silent),
  NAMED(c1_expelled_not_silent),
  NAMED(c3_refusal_too_early),
  NAMED(c3_applied_twice),
  NAMED(p334_backup_not_silent),
  NAMED(w3_holder_not_silent),
  NAMED(r1_published_late),
  NAMED(r3_absent_not_marked),
  NAMED(m4_added_too_early),
  NAMED(m4_absent_nonce),
  NAMED(i3_not_synced),
};

#  undef NAMED

} // namespace

std::span<const named_mutant> all_mutants() {
  return all;
}

} // namespace muster

#endif
