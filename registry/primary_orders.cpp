// SPDX-License-Identifier: Apache-2.0

// Planned changes of a shard's replicas, one swap after the other: a machine
// joins (learner, snapshot, log, M4), the home goes over (F2), one leaves.

#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>

namespace muster {

std::string primary_role::on_order(const move_order& x, boot_time now) {
  if (order_)
    return order_->what == x ? "" : "another move of this shard is under way";
  if (x.empty())
    return "it names no change";
  auto stays = x.home == machine_id{} || x.home == x.leaving;
  if (x.leaving == ctx_.self.id && stays)
    return "the primary leaves only when another machine becomes primary";
  if (x.leaving != machine_id{}
      && (x.leaving == x.joining.id || x.leaving == x.home))
    return "a machine cannot join and leave at the same time";
  auto& set = assigned_.in_sync;
  auto in_sync = [&](auto& ref) { return ref.id == x.home; };
  if (x.home != machine_id{} && x.home != x.joining.id
      && std::none_of(set.begin(), set.end(), in_sync))
    return x.home.value + " is no backup in sync";
  ctx_.note("move_started", "joining=" + x.joining.id.value + " home="
                              + x.home.value + " leaving=" + x.leaving.value);
  order_ = running_order{x, now, false};
  advance_order(now);
  return {};
}

void primary_role::advance_order(boot_time now) {
  if (!order_ || swap_ || handing_ || now < next_swap_
      || (!fenced_ && !MUSTER_MUTANT(f2_before_own_fence)))
    return;
  if (!admit(now))
    return wait_for_order(now);
  auto& home = order_->what.home;
  if (home != machine_id{} && home != ctx_.self.id) {
    auto r = find(home);
    if (r && may_hand_over(*r))
      return begin_handover(*r, now);
    return wait_for_order(now);
  }
  if (!dismiss(now))
    return wait_for_order(now);
  ctx_.note("move_done", "");
  order_.reset();
}

/// @returns whether who shall join is in the set
bool primary_role::admit(boot_time now) {
  auto& joining = order_->what.joining;
  if (joining.id == machine_id{} || joining.id == ctx_.self.id
      || assigned_.has(joining))
    return true;
  auto r = find(joining.id);
  // What it acknowledges is progress of the order until it has caught up once;
  // then it is only traffic.
  if (r && r->ref == joining && r->in != session{}) {
    order_->caught_up = order_->caught_up || has_all(*r);
    if (!order_->caught_up)
      order_->since = std::max(order_->since, r->last_progress);
  }
  if (r || assigned_.names(joining.id))
    return false; // on its way, or still on its way out
  order_->invited = true;
  auto x = assigned_;
  x.learners.push_back(joining);
  propose(std::move(x), joining, swap_kind::invite, now);
  return false;
}

/// @returns whether who shall leave has left
bool primary_role::dismiss(boot_time now) {
  auto& id = order_->what.leaving;
  if (id == machine_id{} || id == ctx_.self.id || !assigned_.names(id))
    return true;
  auto x = assigned_;
  auto is_it = [&](auto& ref) { return ref.id == id; };
  std::erase_if(x.in_sync, is_it);
  std::erase_if(x.learners, is_it);
  if (x.in_sync.size() < ctx_.options.min_copies
      && x.in_sync.size() < assigned_.in_sync.size())
    return false; // C2; a learner may always go
  auto r = find(id);
  if (r && r->covered) {
    r->covered = false; // no lease to it covers this shard from now on
    ctx_.uncover(r->who, cover{ctx_.shard, cover_kind::replica, term_, r->in});
  }
  auto target = r ? r->ref : replica_ref{id, {}};
  propose(std::move(x), target, swap_kind::dismiss, now);
  return false;
}

void primary_role::wait_for_order(boot_time now) {
  if (swap_ || handing_ || now - order_->since < ctx_.options.move_patience)
    return;
  auto& what = order_->what;
  ctx_.note("move_given_up",
            "joining=" + what.joining.id.value + " home=" + what.home.value
              + " leaving=" + what.leaving.value,
            true);
  // A learner that came for this move alone goes again.
  move_order undo;
  undo.shard = ctx_.shard;
  if (order_->invited && assigned_.learns(what.joining))
    undo.leaving = what.joining.id;
  if (undo.empty())
    order_.reset();
  else
    order_ = running_order{undo, now, false};
}

} // namespace muster
