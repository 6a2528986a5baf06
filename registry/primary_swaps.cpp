// SPDX-License-Identifier: Apache-2.0
#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

namespace {

template <class Refs>
void remove(Refs& refs, const machine_id& id) {
  std::erase_if(refs, [&](auto& x) { return x.id == id; });
}

} // namespace

bool primary_role::is_deaf(const replica& r, boot_time now) const {
  auto grace = ctx_.options.ack_timeout;
  if (!r.joined)
    return now - r.last_progress > grace * 2;
  if (r.acked >= ctx_.log.last() || now - r.last_progress <= grace)
    return false;
  auto first = ctx_.state.committed().next();
  if (r.acked.next() < first)
    return true; // it lacks what is committed
  auto& oldest = pending_[r.acked.next().value - first.value];
  return now - oldest.prepared_at > grace;
}

bool primary_role::is_laggard(const replica& r, boot_time now) const {
  auto grace = ctx_.options.ack_timeout;
  if (now - started_ < grace * 2 || r.dropped)
    return false;
  if (!r.joined || is_deaf(r, now))
    return is_deaf(r, now);
  // Its lease to us has not been renewed for the same time: reads everywhere
  // are about to stop.
  if (now - r.joined_at < grace * 2)
    return false;
  return lease_end(r.who) - now < ctx_.options.lease.held() - grace;
}

void primary_role::leave_deaf_learners(boot_time now) {
  // What they have not acknowledged would keep the log in memory for ever.
  for (auto& [id, r] : replicas_)
    if (!r.counted && !r.dropped && r.in != session{} && is_deaf(r, now)) {
      end_session(r);
      r.last_progress = now;
    }
}

void primary_role::watch_replicas(boot_time now) {
  if (swap_) {
    // M4: the outcome is unknown; land the same change again. If the first
    // attempt has landed, the second is refused and its assignment is read.
    if (swap_->outcome_unknown && now >= next_swap_)
      propose(swap_->proposed, swap_->target, swap_->what, now);
    return;
  }
  if (now < next_swap_)
    return;
  for (auto& [id, r] : replicas_) {
    if (!r.counted || !is_laggard(r, now))
      continue;
    propose_drop(r, now);
    return; // one swap at a time
  }
}

void primary_role::propose_drop(replica& r, boot_time now) {
  ctx_.note("backup_lags",
            "backup=" + r.ref.id.value
              + " acked=" + std::to_string(r.acked.value)
              + " last=" + std::to_string(ctx_.log.last().value),
            true);
  // T6: from now on no lease to it covers this shard.
  if (r.covered) {
    r.covered = false;
    ctx_.uncover(r.who, cover{ctx_.shard, cover_kind::replica, term_, r.in});
  }
  auto x = assigned_;
  if (!x.has(r.ref)) {
    // A learner that was counted but never proposed: it just stops counting.
    r.counted = false;
    end_session(r);
    r.last_progress = now;
    require();
    return;
  }
  remove(x.in_sync, r.ref.id);
  remove(x.learners, r.ref.id);
  x.learners.push_back(r.ref);
  propose(std::move(x), r.ref, swap_kind::drop, now);
}

void primary_role::propose_add(boot_time now) {
  if (swap_ || now < next_swap_ || !fenced_)
    return;
  for (auto& [id, r] : replicas_) {
    if (r.dropped || !r.joined || assigned_.has(r.ref)
        || (order_ && order_->what.leaving == id))
      continue;
    if (!r.counted && !MUSTER_MUTANT(m4_added_too_early)) {
      // M4: first it counts in both sets, then it is proposed. Its lease is
      // there already, so that authority does not pause.
      if (has_all(r) && lease_end(r.who) > now + ctx_.options.resend) {
        r.counted = true;
        r.last_progress = now;
        require();
        cover_if_whole(r);
      }
      continue;
    }
    if ((!has_authority(now) || !has_all(r))
        && !MUSTER_MUTANT(m4_added_too_early))
      continue;
    auto x = assigned_;
    remove(x.learners, r.ref.id);
    x.in_sync.push_back(r.ref);
    propose(std::move(x), r.ref, swap_kind::add, now);
    return;
  }
}

void primary_role::propose_replacement(boot_time now) {
  if (swap_ || now < next_swap_ || !fenced_)
    return;
  for (auto& [id, r] : replicas_) {
    // M3: only once the old store is out of the set; a learner counts for
    // nothing, so its store can be exchanged in one step.
    if (r.replacement == store_id{} || r.counted || r.dropped
        || assigned_.has(r.ref))
      continue;
    replica_ref made{id, r.replacement};
    auto x = assigned_;
    remove(x.learners, id);
    x.learners.push_back(made);
    propose(std::move(x), made, swap_kind::replace, now);
    return;
  }
}

void primary_role::propose(assignment x, const replica_ref& target,
                           swap_kind what, boot_time now) {
  auto tried = swap_ ? std::move(swap_->tried) : std::vector<nonce>{};
  x.writer = ctx_.make_nonce();
  tried.push_back(x.writer);
  swap_ = swap_attempt{std::move(tried), std::move(x), target, what, false};
  next_swap_ = now + ctx_.options.resend;
  ctx_.emit(swap_effect{swap_->proposed, assigned_.at});
}

void primary_role::on_swap_result(nonce writer, bool landed, bool conflict,
                                  epoch at, boot_time now) {
  if (!swap_ || swap_->tried.back() != writer)
    return;
  if (landed) {
    swap_landed(at, now);
  } else if (MUSTER_MUTANT(m4_absent_nonce)) {
    swap_.reset();
    if (handing_)
      resume(now);
  } else if (conflict) {
    // Either another's change or our own earlier attempt: `on_assignment`
    // tells when the newest one has been read.
    swap_->outcome_unknown = false;
    ctx_.emit(refresh_effect{});
  } else {
    swap_->outcome_unknown = true;
  }
  next_swap_ = now + ctx_.options.resend;
}

void primary_role::on_assignment(boot_time now) {
  auto& x = ctx_.newest;
  if (x.at <= assigned_.at || x.of != term_)
    return;
  auto ours = [&] {
    auto& tried = swap_->tried;
    return std::find(tried.begin(), tried.end(), x.writer) != tried.end();
  };
  if (swap_ && ours())
    swap_landed(x.at, now);
  else
    adopt_foreign(now);
}

const char* primary_role::text_of(swap_kind x) {
  switch (x) {
    case swap_kind::add:
      return "backup_added";
    case swap_kind::drop:
      return "backup_dropped";
    case swap_kind::replace:
      return "learner_replaced";
    case swap_kind::invite:
      return "learner_invited";
    case swap_kind::dismiss:
      return "replica_dismissed";
    case swap_kind::hand_over:
      return "handed_over";
    case swap_kind::keep:
      return "handover_undone";
  }
  return "swapped";
}

void primary_role::swap_landed(epoch at, boot_time now) {
  auto done = std::move(*swap_);
  swap_.reset();
  ctx_.note(text_of(done.what), "backup=" + done.target.id.value
                                  + " epoch=" + std::to_string(at.value));
  if (done.what == swap_kind::hand_over) {
    handover_landed_at(at, now);
    return;
  }
  assigned_ = done.proposed;
  assigned_.at = at;
  if (order_)
    order_->since = now;
  auto r = find(done.target.id);
  switch (done.what) {
    case swap_kind::add:
      if (MUSTER_MUTANT(m4_added_too_early) && r)
        r->counted = true;
      break;
    case swap_kind::replace:
      if (!r)
        break;
      end_session(*r);
      r->ref = done.target;
      r->replacement = store_id{};
      r->last_progress = now;
      require();
      break;
    case swap_kind::drop:
    case swap_kind::dismiss:
      if (r)
        leave_set(*r);
      break;
    case swap_kind::invite:
      add_replica(done.target, false).last_progress = now;
      break;
    default: // keep
      resume(now);
  }
  finish_drops(now);
  try_commit(now);
}

void primary_role::leave_set(replica& r) {
  // T4: a drop starts a new session. C1: it is expelled only when it
  // acknowledges this, or when its leases are over.
  leave_session(r);
  r.dropped = true;
  r.joined = false;
  r.covered = false;
  r.snapshot.reset();
  r.in = session{next_session_++};
  ctx_.send(r.who.id, drop_replica{link_to(r)});
  r.counted = false;
  require();
}

void primary_role::adopt_foreign(boot_time now) {
  // The term is ours, so only an operator or a restored coordinator can have
  // written between: start again from what stands now.
  swap_.reset();
  assigned_ = ctx_.newest;
  auto follow = [&](auto& ref, bool counted) {
    auto r = ref.id == ctx_.self.id ? nullptr : find(ref.id);
    if (r && r->ref != ref) { // M3: another store is another replica
      end_session(*r);
      r->ref = ref;
      r->counted = false;
    }
    if (r)
      r->counted = r->counted || counted;
    else if (ref.id != ctx_.self.id)
      add_replica(ref, counted).last_progress = now;
  };
  for (auto& ref : assigned_.learners)
    follow(ref, false);
  for (auto& ref : assigned_.in_sync)
    follow(ref, true);
  require();
  next_swap_ = now + ctx_.options.resend;
  if (stopped())
    resume(now); // a revision of this very term: the hand-over cannot land
}

void primary_role::on_drop_ack(const peer& from, const drop_ack& x,
                               boot_time now) {
  auto r = find(from, x.link);
  if (!r || !r->dropped)
    return;
  // It has said that it is silent; an older incarnation of it has not (D4).
  std::erase_if(r->former, [&](auto& y) { return y.who == from; });
  finish_drops(now);
  try_commit(now);
}

void primary_role::on_uncovered(const uncovered& x, boot_time now) {
  auto r = find(x.who.id);
  if (!r || x.what.kind != cover_kind::replica || x.what.of != term_)
    return;
  if (stopped() && x.number == handing_->uncover) {
    handing_->uncovered = true;
    offer_if_stopped(now);
  }
  for (auto& former : r->former)
    if (former.uncover == x.number)
      former.until = x.until;
  finish_drops(now);
  try_commit(now);
}

void primary_role::finish_drops(boot_time now) {
  for (auto i = replicas_.begin(); i != replicas_.end();) {
    auto& [id, r] = *i;
    std::erase_if(r.former, [&](auto& x) { return x.until <= now; });
    if (!r.dropped || !r.former.empty()) {
      ++i;
      continue;
    }
    if (!assigned_.names(id)) {
      i = replicas_.erase(i);
      continue;
    }
    // Silent for certain: it may come back as a learner, with a new session.
    r.dropped = false;
    r.in = session{};
    r.acked = r.sent = sequence{};
    r.last_progress = now;
    ++i;
  }
}

} // namespace muster
