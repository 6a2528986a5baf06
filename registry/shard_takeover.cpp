// SPDX-License-Identifier: Apache-2.0

// The part of `shard_replica` that follows the assignment and takes over
// (3.6: L2, L3; T5; M2; M4).

#include "registry/mutants.hpp"
#include "registry/shard_replica.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

void shard_replica::on_assignment(const assignment& x, boot_time now,
                                  shard_effects& out) {
  begin(out);
  if (x.at > ctx_.newest.at) { // M3
    if (x.of > ctx_.newest.of)
      heard_primary_ = now; // a new primary has its time to be heard
    ctx_.newest = x;
    if (MUSTER_MUTANT(l3_truncated_too_early) && x.of > ctx_.highest
        && x.primary != ctx_.self.id)
      truncate_log(ctx_, ctx_.state.committed());
    if (x.primary == ctx_.self.id && x.primary_run == ctx_.self.run)
      take_handed(x.at);
    if (candidacy_ && candidacy_->asked) {
      // M4: a newer revision settles it, one way or the other.
      if (is_ours(x.writer))
        swap_landed(x.at);
      else if (x.at.value > candidacy_->proposed.at.value)
        abandon_candidacy();
    } else if (candidacy_) {
      abandon_candidacy();
    }
    if (succession_ && x.of > succession_->landed.of)
      succession_.reset(); // superseded before it acted
    if (primary_ && x.of > primary_->of()) {
      ctx_.note("superseded", "by=" + x.primary.value);
      stop_roles(true);
    }
    auto member = x.has(ctx_.me()) || x.learns(ctx_.me());
    if (backup_ && !member)
      stop_roles(true); // it serves nothing that it is not assigned
    if (primary_)
      primary_->on_assignment(now);
    if (backup_)
      backup_->update_cover(!candidacy_ && !succession_);
    leave_shard(x);
    ask_to_join(now);
  }
  settle(now);
}

bool shard_replica::is_ours(nonce writer) const {
  auto& tried = candidacy_->tried;
  return std::find(tried.begin(), tried.end(), writer) != tried.end();
}

void shard_replica::ask_to_join(boot_time now) {
  auto& a = ctx_.newest;
  if (primary_ || succession_ || a.primary == machine_id{}
      || a.primary == ctx_.self.id || a.of < ctx_.known)
    return;
  // M3: with another store this is another replica; asking tells the primary
  // that the old one is gone.
  if (!a.names(ctx_.self.id))
    return;
  // It would be added as soon as it has all, and dropped again when the first
  // write finds no room: each time writes would wait for it.
  if (!has_room_ && !a.has(ctx_.me()))
    return;
  auto joined_it = backup_ && backup_->primary().id == a.primary
                   && backup_->primary().run == a.primary_run
                   && backup_->link().of == a.of;
  if (joined_it && (backup_->installing() || a.has(ctx_.me()))
      && (backup_->ready() || backup_->installing()))
    return;
  last_ask_ = now;
  join_request x;
  x.shard = ctx_.shard;
  x.to = a.primary_run;
  x.store = ctx_.store;
  x.known = ctx_.highest;
  x.in = joined_it && backup_->ready() ? backup_->link().in : session{};
  x.complete = complete_;
  x.base = ctx_.state.committed();
  x.last = ctx_.log.last();
  ctx_.send(a.primary, x);
}

void shard_replica::on_heard(const peer& who, boot_time now) {
  if (who.id == ctx_.newest.primary && who.run == ctx_.newest.primary_run)
    heard_primary_ = now;
}

void shard_replica::on_own_clock(bool doubted, boot_time now,
                                 shard_effects& out) {
  begin(out);
  own_clock_doubted_ = doubted;
  step_down_in_doubt();
  settle(now);
}

/// The other replicas hear no primary any more, and take over once what they
/// granted is over. A takeover that was asked for goes on until it is known
/// what became of it (M4).
void shard_replica::step_down_in_doubt() {
  if (!own_clock_doubted_ || ctx_.newest.in_sync.size() < 2)
    return;
  if (candidacy_ && !candidacy_->asked)
    abandon_candidacy();
  if (!primary_ || primary_->stopped())
    return;
  ctx_.note("stepped_down", "term=" + std::to_string(ctx_.highest.value), true);
  stop_roles(true);
}

boot_time shard_replica::turn_at(boot_time) const {
  // The replicas' turns, one step apart, so that they do not all ask at once;
  // the coordinator's compare decides if they do.
  auto& a = ctx_.newest;
  auto may_from = started_ + ctx_.options.lease.granted; // T5
  if (MUSTER_MUTANT(t5_grants_forgotten))
    may_from = started_;
  if (a.primary == ctx_.self.id)
    return may_from;
  auto rank = 0;
  for (auto& ref : a.in_sync) {
    if (ref == ctx_.me())
      break;
    if (ref.id != a.primary)
      ++rank;
  }
  auto step = ctx_.options.takeover_step * rank;
  if (a.primary == machine_id{})
    return may_from + step;
  auto silent_from = std::max(heard_primary_, may_from);
  return silent_from + ctx_.options.primary_silence + step;
}

void shard_replica::watch_primary(boot_time now) {
  auto& a = ctx_.newest;
  if (primary_ || succession_ || candidacy_ || !complete_ || a.at == epoch{}
      || !a.has(ctx_.me()))
    return;
  if (backup_ && !backup_->ready())
    return;
  if (own_clock_doubted_ && a.in_sync.size() > 1)
    return;
  if (now >= turn_at(now))
    start_candidacy(now);
}

void shard_replica::start_candidacy(boot_time now) {
  auto& a = ctx_.newest;
  candidacy_ = candidacy{};
  candidacy_->begun = now;
  candidacy_->former = a.of;
  // F1 asks everybody but a primary whose silence L2 proves. One that took
  // over by a planned move may not have acted yet and serve reads as the
  // backup that it was: only who was its backup knows that it is none any more.
  auto acted = last_link_.of == a.of || (backup_ && backup_->link().of == a.of);
  candidacy_->former_primary
    = a.primary == ctx_.self.id || !acted ? machine_id{} : a.primary;
  candidacy_->asked_of = peer{a.primary, a.primary_run};
  ctx_.note("takeover_started", "term=" + std::to_string(a.of.value)
                                  + " primary=" + a.primary.value);
  if (MUSTER_MUTANT(l2_takeover_too_early)) {
    candidacy_->silent_at = now;
    return;
  }
  // L2: what this incarnation granted; T5 covers what former ones did.
  if (backup_ && backup_->covers_primary()) {
    backup_->update_cover(false);
    candidacy_->uncover = ctx_.uncover_count;
    return; // `on_uncovered` tells when its leases are over
  }
  if (a.primary == machine_id{} || a.primary == ctx_.self.id) {
    candidacy_->silent_at = now;
    return;
  }
  // It may have covered the primary earlier in this incarnation.
  cover what{ctx_.shard, cover_kind::authority, a.of, session{}};
  candidacy_->uncover = ctx_.uncover(candidacy_->asked_of, what);
}

void shard_replica::on_uncovered(const uncovered& x, boot_time now,
                                 shard_effects& out) {
  begin(out);
  if (x.what.kind != cover_kind::authority) {
    if (primary_)
      primary_->on_uncovered(x, now);
  } else if (candidacy_ && candidacy_->silent_at == boot_time::max()
             && x.number == candidacy_->uncover) {
    candidacy_->silent_at = x.until;
    advance_candidacy(now);
  }
  settle(now);
}

void shard_replica::advance_candidacy(boot_time now) {
  auto& c = *candidacy_;
  if (now < c.silent_at || now < c.next_ask)
    return;
  if (!c.asked && heard_primary_ > c.begun) {
    abandon_candidacy(); // it has come back before we asked
    return;
  }
  ask_swap(now);
}

void shard_replica::ask_swap(boot_time now) {
  // M4: silent from now on, also for reads. The fence of whoever takes over
  // from us does not ask us (F1); it relies on this.
  stop_roles(true);
  auto& c = *candidacy_;
  auto x = ctx_.newest;
  x.of = term{}; // the revision of this very swap
  x.primary = ctx_.self.id;
  x.primary_run = ctx_.self.run;
  x.writer = ctx_.make_nonce();
  // M2: a takeover never adds. The silent primary leaves the set and may come
  // back as a learner.
  if (c.asked_of.id != machine_id{} && c.asked_of.id != ctx_.self.id) {
    auto is_former = [&](auto& ref) { return ref.id == c.asked_of.id; };
    auto i = std::find_if(x.in_sync.begin(), x.in_sync.end(), is_former);
    if (i != x.in_sync.end()) {
      x.learners.push_back(*i);
      x.in_sync.erase(i);
    }
  }
  c.asked = true;
  c.tried.push_back(x.writer);
  c.proposed = x;
  c.next_ask = now + ctx_.options.resend;
  ctx_.emit(swap_effect{std::move(x), ctx_.newest.at});
}

void shard_replica::on_swap_result(nonce writer, bool landed, bool conflict,
                                   epoch at, boot_time now,
                                   shard_effects& out) {
  begin(out);
  if (primary_) {
    primary_->on_swap_result(writer, landed, conflict, at, now);
  } else if (candidacy_ && candidacy_->asked
             && candidacy_->tried.back() == writer) {
    if (landed) {
      swap_landed(at);
    } else if (MUSTER_MUTANT(m4_absent_nonce)) {
      abandon_candidacy();
    } else if (conflict) {
      // Another's change, or our own earlier attempt: the newest assignment
      // tells (M4). Silent until then.
      candidacy_->next_ask = now + ctx_.options.resend * 4;
      ctx_.emit(refresh_effect{});
    }
  }
  settle(now);
}

void shard_replica::swap_landed(epoch at) {
  auto c = std::move(*candidacy_);
  candidacy_.reset();
  succession s;
  s.landed = std::move(c.proposed);
  s.former = c.former;
  s.former_primary = c.former_primary;
  succeed(std::move(s), at);
}

void shard_replica::succeed(succession s, epoch at) {
  if (at.value < ctx_.known.value || at.value <= ctx_.highest.value)
    return; // another took over meanwhile
  stop_roles(true);
  s.landed.of = term{at.value};
  s.landed.at = at;
  ctx_.highest = ctx_.known = s.landed.of;
  if (at > ctx_.newest.at)
    ctx_.newest = s.landed;
  // L3: the term is durable before anything is sent in it.
  auto written = MUSTER_MUTANT(l3_term_not_durable) ? term{} : ctx_.highest;
  s.token = ctx_.persist({log_change{
    log_change::kind::meta, {}, encode_meta({written, complete_})}});
  succession_ = std::move(s);
}

void shard_replica::abandon_candidacy() {
  candidacy_.reset();
  if (backup_)
    backup_->update_cover(true);
}

void shard_replica::act(boot_time now) {
  auto s = std::move(*succession_);
  succession_.reset();
  ctx_.note("acting", "term=" + std::to_string(s.landed.of.value) + " tail="
                        + std::to_string(ctx_.log.last().value
                                         - ctx_.state.committed().value));
  if (MUSTER_MUTANT(l2_tail_discarded))
    truncate_log(ctx_, ctx_.state.committed());
  primary_ = std::make_unique<primary_role>(ctx_, std::move(s.landed), s.former,
                                            std::move(s.former_primary),
                                            s.handed, now);
}

void shard_replica::on_members(epoch at, epoch changed_at,
                               const std::vector<peer>& members, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_members(at, changed_at, members, now);
  settle(now);
}

void shard_replica::on_authority(const authority& x, boot_time now,
                                 shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_authority(x, now);
  settle(now);
}

void shard_replica::on_lease_news(const lease_news& x, shard_effects& out) {
  begin(out);
  if (backup_ && backup_->primary() == x.granter) {
    for (auto& what : x.lost)
      if (what.shard == ctx_.shard && what.kind == cover_kind::replica)
        backup_->on_lease_lost(what);
    for (auto& what : x.held)
      if (what.shard == ctx_.shard && what.kind == cover_kind::replica)
        backup_->on_lease(what, x.end);
  }
  settle({});
}

void shard_replica::on_link_up(const peer& who, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_link_up(who, now);
  else
    ask_to_join(now);
  settle(now);
}

void shard_replica::on_durable(uint64_t token, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (succession_ && token == succession_->token)
    act(now);
  else if (primary_)
    primary_->on_durable(token, now);
  else if (backup_) {
    auto was_ready = backup_->ready();
    backup_->on_durable(token);
    complete_ = complete_ || (!was_ready && backup_->ready());
  }
  settle(now);
}

void shard_replica::on_checkpoint(sequence upto, boot_time now,
                                  shard_effects& out) {
  begin(out);
  checkpointing_ = false;
  checkpointed_ = std::max(checkpointed_, upto);
  if (backup_)
    backup_->on_checkpoint(upto);
  settle(now);
}

void shard_replica::on_tick(boot_time now, shard_effects& out) {
  begin(out);
  step_down_in_doubt();
  if (primary_) {
    primary_->on_tick(now);
  } else {
    if (candidacy_)
      advance_candidacy(now);
    else
      watch_primary(now);
    leave_shard(ctx_.newest);
    if (now - last_ask_ >= ctx_.options.resend)
      ask_to_join(now);
  }
  settle(now);
}

} // namespace muster
