// SPDX-License-Identifier: Apache-2.0

// F2, the side that hands over. Everything for the shard stops before the
// directory is written, and that before the swap is asked for:
//
//     draining --decided--> stopping --agent, leases--> offered
//                              |                           |
//                              |  no answer: resume        | acknowledged
//                              v                           v
//     primary <--keep landed-- asked ---------landed--> a backup of the next
//
// Until the swap is asked for, nothing can land and it resumes at once; after
// that only when another swap of its own has landed on the same assignment, so
// that the hand-over can land no more (M4).

#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

bool primary_role::stopped() const {
  return handing_ && handing_->at != handing::stage::draining;
}

bool primary_role::may_hand_over(const replica& r) const {
  return (fenced_ || MUSTER_MUTANT(f2_before_own_fence)) && !swap_ && !handing_
         && r.counted && r.joined && !r.dropped && assigned_.has(r.ref)
         && has_all(r);
}

void primary_role::begin_handover(const replica& r, boot_time now) {
  assert(may_hand_over(r));
  handing_ = handing{};
  handing_->target = r.who;
  handing_->since = now;
  ctx_.note("handover_started", "to=" + r.who.id.value + " undecided="
                                  + std::to_string(pending_.size()));
  advance_handover(now);
}

void primary_role::advance_handover(boot_time now) {
  auto& h = *handing_;
  switch (h.at) {
    case handing::stage::draining:
      if (pending_.empty() || now - h.since >= ctx_.options.drain_max)
        stop_everything(now);
      break;
    case handing::stage::stopping:
    case handing::stage::offered:
      if (now - h.since >= ctx_.options.resend * 2)
        resume(now); // nothing has been asked for yet
      break;
    case handing::stage::asked:
      if (swap_ && swap_->outcome_unknown && now >= next_swap_)
        propose(assigned_, swap_->target, swap_kind::keep, now);
      break;
    case handing::stage::landed:
      break;
  }
}

void primary_role::stop_everything(boot_time now) {
  auto& h = *handing_;
  h.at = handing::stage::stopping;
  h.since = now;
  ++require_version_; // the authority that it has counts no more
  ctx_.emit(publish_drop{});
  ctx_.emit(release_effect{});
  ctx_.emit(directory_ask{ctx_.shard, term_});
  // Answered after the release: no lease covers the shard from then on.
  auto& r = replicas_.at(h.target.id);
  h.uncover = ctx_.uncover(r.who,
                           cover{ctx_.shard, cover_kind::replica, term_, r.in});
}

void primary_role::on_directory_told(const directory_told& x, boot_time now) {
  if (x.of != term_ || !stopped())
    return;
  handing_->directory_told = true;
  handing_->holders = x.holders;
  offer_if_stopped(now);
}

std::vector<directory_entry> primary_role::directory(boot_time now) const {
  auto out = handing_->holders;
  for (auto& [id, r] : replicas_) {
    if (r.in != session{})
      out.push_back({r.who, r.in});
    for (auto& former : r.former)
      if (former.until > now)
        out.push_back({former.who, former.in});
  }
  std::erase_if(out, [&](auto& x) { return x.who == handing_->target; });
  return out;
}

void primary_role::offer_if_stopped(boot_time now) {
  auto& h = *handing_;
  if (h.at != handing::stage::stopping || !h.directory_told || !h.uncovered)
    return;
  auto& r = replicas_.at(h.target.id);
  h.at = handing::stage::offered;
  h.since = now;
  h.proposed = assigned_;
  h.proposed.of = term{}; // the revision of this very swap
  h.proposed.primary = h.target.id;
  h.proposed.primary_run = h.target.run;
  h.proposed.writer = ctx_.make_nonce();
  handover x;
  x.link = link_to(r);
  x.proposed = h.proposed;
  x.directory = directory(now);
  x.replicas.push_back(ctx_.self);
  for (auto& [id, other] : replicas_)
    if (other.in != session{} && !other.dropped && other.who != h.target)
      x.replicas.push_back(other.who);
  if (order_) {
    x.then.shard = ctx_.shard;
    x.then.leaving = order_->what.leaving;
  }
  ctx_.send(h.target.id, std::move(x));
}

void primary_role::on_handover_ack(const peer& from, const handover_ack& x,
                                   boot_time now) {
  auto r = find(from, x.link);
  if (!r || !handing_ || handing_->at != handing::stage::offered
      || from != handing_->target || x.writer != handing_->proposed.writer)
    return;
  handing_->at = handing::stage::asked;
  handing_->since = next_swap_ = now;
  swap_ = swap_attempt{
    {x.writer}, handing_->proposed, r->ref, swap_kind::hand_over, false};
  ctx_.emit(swap_effect{swap_->proposed, assigned_.at});
}

void primary_role::handover_landed_at(epoch at, boot_time now) {
  auto& h = *handing_;
  h.at = handing::stage::landed;
  h.since = now;
  if (auto r = find(h.target.id))
    ctx_.send(h.target.id, handover_landed{link_to(*r), h.proposed.writer, at});
  ctx_.emit(refresh_effect{}); // the newest assignment ends this role
}

void primary_role::resume(boot_time now) {
  auto was_stopped = stopped();
  handing_.reset();
  if (was_stopped) {
    order_.reset(); // not again and again: each try holds writes up
    ctx_.note("handover_given_up", "term=" + std::to_string(term_.value), true);
    publish_all(ctx_, served_from::primary, term_, session{});
    ctx_.emit(home_resumed{ctx_.shard, term_});
    require();
    for (auto& [id, r] : replicas_) {
      r.covered = false;
      cover_if_whole(r);
    }
  }
  for (auto& x : take_held())
    on_submit(x, now);
  try_commit(now);
}

bool primary_role::hold_back(const home_submit& x) {
  auto size = bytes_of(x.what.what);
  if (held_.size() >= ctx_.options.pending_max
      || held_bytes_ + size > ctx_.options.pending_bytes_max)
    return false;
  held_bytes_ += size;
  held_.push_back(x);
  return true;
}

std::deque<home_submit> primary_role::take_held() {
  held_bytes_ = 0;
  return std::exchange(held_, {});
}

void primary_role::deny_held() {
  for (auto& x : take_held()) {
    auto out = verdict_for(x, outcome::unavailable);
    out.detail = "the shard has another home now";
    answer(x.origin.id, std::move(out));
  }
}

} // namespace muster
