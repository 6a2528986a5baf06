// SPDX-License-Identifier: Apache-2.0
#include "registry/primary_role.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

primary_role::primary_role(shard_context& ctx, assignment landed, term former,
                           machine_id former_primary,
                           const std::optional<handover>& handed, boot_time now)
  : ctx_(ctx), assigned_(std::move(landed)), term_(assigned_.of),
    former_(former), former_primary_(std::move(former_primary)), started_(now),
    tail_end_(ctx.log.last()), durable_(ctx.log.last()),
    ready_(ctx.state.committed()) {
  assert(ctx_.highest == term_);
  assert(assigned_.has(ctx_.me()));
  for (auto& ref : assigned_.in_sync)
    if (ref.id != ctx_.self.id)
      add_replica(ref, true);
  // M3: the in-sync store of a machine is the one that counts.
  for (auto& ref : assigned_.learners)
    if (ref.id != ctx_.self.id && !find(ref.id))
      add_replica(ref, false);
  // L4: the undecided tail is prepared again under this term.
  for (auto at = ctx_.state.committed().next(); at <= tail_end_;
       at = at.next()) {
    auto& entry = ctx_.log.at(at).entry;
    pending_entry p;
    p.at = at;
    p.id = entry.id;
    p.prepared_at = now;
    undecided_ids_[entry.id.value] = at;
    pending_bytes_ += ctx_.log.at(at).bytes.size();
    pending_.push_back(std::move(p));
  }
  publish_all(ctx_, served_from::primary, term_, session{});
  require();
  ctx_.emit(home_started{ctx_.shard, term_, assigned_.at});
  start_fence(handed, now);
  if (!handed)
    return;
  // The replicas are known: they need not ask (L3).
  for (auto& who : handed->replicas)
    if (auto r = find(who.id)) {
      start_session(*r, who, now);
      send_join(*r, now);
    }
  if (!handed->then.empty())
    order_ = running_order{handed->then, now, false};
}

void primary_role::start_fence(const std::optional<handover>& handed,
                               boot_time now) {
  // F1. The old primary's silence is proved by L2; nobody ever held anything
  // of a shard that had no primary yet.
  if (former_ == term{} || MUSTER_MUTANT(f1_no_fence)) {
    fenced_ = true;
    ctx_.fenced = term_;
    return;
  }
  fence_deadline_ = now + ctx_.options.lease.granted;
  if (!handed) {
    ctx_.emit(members_effect{assigned_.at});
    return;
  }
  // F2: only those can hold anything. The old primary is silent: it said so.
  members_known_ = true;
  if (!MUSTER_MUTANT(f2_directory_not_waited))
    for (auto& entry : handed->directory)
      fence_open_.insert(entry.who);
  ask_fence(now);
}

void primary_role::ask_fence(boot_time now) {
  fence_asked_ = now;
  for (auto& who : fence_open_)
    ctx_.send(who.id, fence{ctx_.shard, term_, who.run});
  if (fence_open_.empty())
    finish_fence(now);
}

void primary_role::on_members(epoch at, epoch changed_at,
                              const std::vector<peer>& members, boot_time now) {
  if (fenced_ || members_known_ || at < assigned_.at)
    return;
  members_known_ = true;
  // F1: a machine that was removed or came back since the old term began may
  // hold copies under an incarnation that is not listed: only time helps. What
  // a term whose fence was never completed has left over is counted from the
  // newest one before it whose fence was.
  auto silent_before = std::max(ctx_.fenced, ctx_.state.last_term());
  if (changed_at.value > std::min(former_, silent_before).value)
    return;
  for (auto& who : members)
    if (who.id != former_primary_)
      fence_open_.insert(who);
  ask_fence(now);
}

void primary_role::on_fence_ack(const peer& from, const fence_ack& x,
                                boot_time now) {
  // D4: only the incarnation that was listed can answer for itself.
  auto answers = [&](auto& who) {
    return MUSTER_MUTANT(d4_fence_by_another) ? who.id == from.id : who == from;
  };
  if (fenced_ || x.of != term_ || std::erase_if(fence_open_, answers) == 0)
    return;
  if (fence_open_.empty())
    finish_fence(now);
}

void primary_role::finish_fence(boot_time now) {
  fenced_ = true;
  fence_open_.clear();
  ctx_.fenced = term_;
  for (auto& [id, r] : replicas_)
    tell_fenced(r);
  ctx_.note("fence_complete",
            "term=" + std::to_string(term_.value) + " after_ms="
              + std::to_string((now - started_).count() / 1'000'000));
  try_commit(now);
}

void primary_role::require() {
  if (stopped()) {
    ++require_version_; // F2: no authority until it resumes
    return;
  }
  require_effect needed{term_, ++require_version_, {}, {}};
  for (auto& [id, r] : replicas_) {
    if (r.counted)
      needed.granters.push_back(r.who);
    else if (r.joined && !r.dropped)
      needed.aspirants.push_back(r.who);
  }
  ctx_.emit(std::move(needed));
}

boot_time primary_role::lease_end(const peer& who) const {
  for (auto& [granter, end] : authority_.ends)
    if (granter == who)
      return end;
  return {};
}

bool primary_role::has_authority(boot_time now) const {
  return authority_.version == require_version_ && authority_.until > now;
}

void primary_role::on_authority(const authority& x, boot_time now) {
  if (x.of != term_ || x.version != require_version_)
    return;
  authority_ = x;
  ctx_.emit(publish_lease{term_, session{}, x.until});
  answer_refusals(now);
}

void primary_role::resend_unacknowledged(boot_time now) {
  for (auto& [id, r] : replicas_) {
    if (r.in == session{} || r.dropped)
      continue;
    if (!r.joined && !r.snapshot && now - r.last_join >= ctx_.options.resend)
      send_join(r, now);
    auto behind = r.sent > r.acked || (r.snapshot && r.snapshot->sent > 0);
    auto last_sign = std::max(r.last_progress, r.resent_at);
    if (behind && now - last_sign >= ctx_.options.resend) {
      // Sent and lost, or slow: from the first that is not acknowledged. That
      // is no progress: T6 counts from its last word.
      r.resent_at = now;
      r.sent = r.acked;
      r.sent_bytes = 0;
      if (r.snapshot)
        r.snapshot->sent = r.snapshot->acked;
      pump_snapshot(r);
      pump(r);
    }
  }
}

void primary_role::seek_authority(boot_time now) {
  // A backup covers a new primary once it has read the assignment that names
  // it; the next renewal would be half a second away.
  if (has_authority(now))
    return;
  for (auto& [id, r] : replicas_)
    if (r.counted && r.joined && lease_end(r.who) <= now)
      ctx_.emit(renew_effect{id});
}

void primary_role::on_tick(boot_time now) {
  if (!fenced_ && now >= fence_deadline_)
    finish_fence(now);
  if (!fenced_ && !fence_open_.empty()
      && now - fence_asked_ >= ctx_.options.resend)
    ask_fence(now);
  resend_unacknowledged(now);
  if (handing_) {
    advance_handover(now);
    try_commit(now);
    return;
  }
  seek_authority(now);
  watch_replicas(now);
  leave_deaf_learners(now);
  finish_drops(now);
  propose_add(now);
  propose_replacement(now);
  advance_order(now);
  advance_decisions(now);
  ask_decisions(now);
  forget_old(now);
  try_commit(now);
  tell_committed();
  std::erase_if(watchers_, [&](auto& x) { return x.second.until < now; });
}

std::string primary_role::state_text(boot_time now) const {
  if (!fenced_)
    return "fence";
  if (stopped())
    return "moving";
  if (assigned_.in_sync.size() < ctx_.options.min_copies)
    return "too few backups";
  if (!policies_known_)
    return "no policies yet";
  if (!has_authority(now))
    return "no leases";
  return tail_end_ > ctx_.state.committed() ? "tail" : "served";
}

sequence primary_role::needed_from() const {
  auto out = held_for_watchers();
  for (auto& [id, r] : replicas_) {
    if (r.dropped || r.in == session{})
      continue;
    if (r.joined)
      out = std::min(out, r.acked);
    else if (r.snapshot)
      out = std::min(out, r.snapshot->as_of);
  }
  return out;
}

void primary_role::check_invariants() const {
  assert(pending_.size()
         == ctx_.log.last().value - ctx_.state.committed().value);
  assert(durable_ <= ctx_.log.last());
  for (auto& ref : assigned_.in_sync) {
    if (ref.id == ctx_.self.id)
      continue;
    auto i = replicas_.find(ref.id);
    assert(i != replicas_.end() && i->second.counted);
    static_cast<void>(i);
  }
  for (auto& [id, r] : replicas_) {
    assert(!r.covered || (r.counted && r.joined));
    static_cast<void>(r);
  }
  assert(!stopped() || authority_.version != require_version_);
}

} // namespace muster
