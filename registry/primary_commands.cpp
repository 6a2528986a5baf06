// SPDX-License-Identifier: Apache-2.0
#include "registry/mutants.hpp"
#include "registry/prepared_state.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

namespace {

/// Makes the answer to a decided command one to another command under its id.
/// It rests on a committed entry, so no later attempt can be applied either.
void refuse_reused(verdict& x) {
  auto first = x.what == outcome::committed
                 ? "was committed as version " + std::to_string(x.version.value)
                 : std::string{"was refused"};
  x.detail = "the id is that of another command, which " + first
             + "; nothing of this one was applied";
  x.what = outcome::refused;
  x.id_reused = true;
  x.version = sequence{};
  x.counters.clear();
  x.otherwise = false;
  x.acknowledged.clear();
}

} // namespace

void primary_role::on_submit(const home_submit& x, boot_time now) {
  if (handing_ && hold_back(x))
    return; // F2: decided when the move is
  if (answer_known(x) || reject_now(x))
    return;
  evaluate_new(x, now);
}

verdict primary_role::verdict_for(const home_submit& x, outcome what) const {
  verdict out;
  out.slot = x.what.slot;
  out.id = x.what.what.id;
  out.attempt = x.what.attempt;
  out.what = what;
  out.reached = ctx_.state.committed();
  return out;
}

void primary_role::answer(const machine_id& to, verdict x) {
  ctx_.send(to, std::move(x));
}

bool primary_role::answer_known(const home_submit& x) {
  auto& id = x.what.what.id;
  if (MUSTER_MUTANT(c3_applied_twice))
    return false;
  if (auto known = ctx_.state.find(id)) {
    auto out = verdict_for(x, known->what);
    out.version = known->at;
    out.counters = known->counters;
    out.otherwise = known->otherwise;
    out.logged = true;
    out.detail = known->what == outcome::refused ? "refused before" : "";
    // A shard that only took part has none, and is asked for no such command.
    if (known->digest != digest_of(x.what.what))
      refuse_reused(out);
    answer(x.origin.id, std::move(out));
    return true;
  }
  if (auto i = collecting_.find(id.value); i != collecting_.end()) {
    auto& others = i->second.others;
    if (others.size() >= ctx_.options.waiting_max)
      others.erase(others.begin());
    others.push_back(
      {x.origin.id, x.what.slot, x.what.attempt, digest_of(x.what.what)});
    return true;
  }
  // C3: a retry of an undecided id waits for it. So does another command under
  // that id: until the entry is committed, a later term may know nothing of it.
  if (auto i = undecided_ids_.find(id.value); i != undecided_ids_.end()) {
    auto first = ctx_.state.committed().value + 1;
    auto& entry = pending_[i->second.value - first];
    waiting_attempt w{x.origin.id, x.what.slot, x.what.attempt,
                      digest_of(x.what.what)};
    if (entry.others.size() >= ctx_.options.waiting_max)
      entry.others.erase(entry.others.begin());
    entry.others.push_back(std::move(w));
    return true;
  }
  if (x.what.born < ctx_.state.floor()) {
    auto out = verdict_for(x, outcome::unknown);
    out.below_floor = true;
    out.detail = "the id is older than what is remembered";
    answer(x.origin.id, std::move(out));
    return true;
  }
  return false;
}

bool primary_role::reject_now(const home_submit& x) {
  auto out = verdict_for(x, outcome::unavailable);
  // The origin has checked it; a home does not trust another machine's word.
  auto checked = check_command(x.what.what, ctx_.options.shard_count);
  if (!checked || *checked != ctx_.shard)
    out.detail = "invalid: "
                 + (checked ? "a key of another shard"
                            : checked.failure().message);
  else if (assigned_.in_sync.size() < ctx_.options.min_copies) // C2
    out.detail = "too few backups in sync: "
                 + std::to_string(assigned_.in_sync.size()) + " of "
                 + std::to_string(ctx_.options.min_copies) + " copies";
  else if (x.disk_full)
    out.detail = "the disk of " + ctx_.self.id.value + " is full";
  else if (overloaded() || handing_)
    out.detail = "overloaded: " + std::to_string(pending_.size())
                 + " commands undecided";
  else if (auto key = lock_on(x.what.what); !key.empty()) // P2
    out.detail = key + " is locked by another command";
  else if (ctx_.state.prepared().count(x.what.what.id.value) > 0)
    out.detail = "a former attempt is being undone"; // P5
  else
    return false;
  answer(x.origin.id, std::move(out));
  return true;
}

bool primary_role::overloaded() const {
  return pending_.size() + ctx_.state.prepared().size()
           >= ctx_.options.pending_max
         || pending_bytes_ >= ctx_.options.pending_bytes_max;
}

void primary_role::evaluate_new(const home_submit& x, boot_time now) {
  auto& cmd = x.what.what;
  if (shards_of(cmd, ctx_.options.shard_count).size() > 1) {
    auto part = part_of(cmd, ctx_.shard, ctx_.options.shard_count);
    if (auto prefix = awaited(part, now); !prefix.empty()) {
      auto out = verdict_for(x, outcome::unavailable);
      out.detail = "a read of " + prefix + " comes first";
      return answer(x.origin.id, std::move(out));
    }
    auto planned = plan_part(part, !cmd.otherwise.empty(),
                             prepared_state{ctx_});
    if (!planned.refusal.empty())
      return refuse_new(x, std::move(planned.refusal), now);
    return begin_attempt(x, std::move(planned.what), now);
  }
  auto made = evaluate(cmd, prepared_state{ctx_});
  if (!made.refusal.empty())
    return refuse_new(x, std::move(made.refusal), now);
  log_entry entry;
  entry.id = cmd.id;
  entry.digest = digest_of(cmd);
  entry.origin = x.origin;
  entry.effects = std::move(made.effects);
  entry.counters = std::move(made.counters);
  entry.otherwise = made.otherwise;
  entry.operations = without_values(made.otherwise ? cmd.otherwise
                                                   : cmd.operations);
  entry.replicas = replica_names();
  entry.participants = x.enlisted;
  append(std::move(entry), attempt_at{x}, !x.enlisted.empty(), now);
}

void primary_role::refuse_new(const home_submit& x, std::string refusal,
                              boot_time now) {
  auto& cmd = x.what.what;
  if (x.what.attempt == 1 && !is_client_id(cmd.id)) {
    // C3: a read of prepared state; told once that state is committed.
    auto out = verdict_for(x, outcome::refused);
    out.detail = std::move(refusal);
    refusals_.push_back(
      {ctx_.log.last(), std::move(out), x.origin.id, std::nullopt});
    return answer_refusals(now);
  }
  log_entry entry;
  entry.kind = entry_kind::refusal;
  entry.id = cmd.id;
  entry.digest = digest_of(cmd);
  entry.origin = x.origin;
  entry.detail = std::move(refusal);
  append(std::move(entry), attempt_at{x}, false, now);
}

std::vector<machine_id> primary_role::replica_names() const {
  std::vector<machine_id> out{ctx_.self.id};
  for (auto& ref : assigned_.in_sync)
    if (ref.id != ctx_.self.id)
      out.push_back(ref.id);
  return out;
}

void primary_role::append(log_entry entry, const std::optional<attempt_at>& by,
                          bool watched, boot_time now) {
  auto at = ctx_.log.last().next();
  entry.of = term_;
  entry.at = at;
  pending_entry p;
  p.at = at;
  p.id = entry.id;
  p.prepared_at = now;
  watched = watched || under_policies(entry.effects);
  p.watched = watched;
  if (by) {
    p.origin = by->origin;
    p.slot = by->slot;
    p.attempt = by->number;
    if (entry.kind != entry_kind::prepare) // that one has a collection
      undecided_ids_[entry.id.value] = at;
  }
  if (watched)
    ctx_.emit(
      entries_prepared{ctx_.shard, term_, {watched_entry_of(p, entry)}});
  auto bytes = ctx_.codec->encode(entry);
  pending_bytes_ += bytes.size();
  pending_.push_back(std::move(p));
  append_entry(ctx_, std::move(entry), bytes);
  auto token = ctx_.persist(
    {log_change{log_change::kind::append, at, std::move(bytes)}});
  durable_at_[token] = at;
  if (MUSTER_MUTANT(i3_not_synced))
    durable_ = at;
  for (auto& [id, r] : replicas_)
    pump(r);
}

void primary_role::on_durable(uint64_t token, boot_time now) {
  auto i = durable_at_.find(token);
  if (i == durable_at_.end())
    return;
  durable_ = std::max(durable_, i->second);
  durable_at_.erase(i);
  try_commit(now);
}

void primary_role::on_holders_ready(const holders_ready& x, boot_time now) {
  if (x.of != term_ || x.round != round_)
    return;
  auto first = ctx_.state.committed().next();
  for (auto& [at, ack] : x.acks)
    if (at >= first && at <= ctx_.log.last())
      pending_[at.value - first.value].acks.push_back(ack);
  ready_ = std::max(ready_, x.upto);
  try_commit(now);
}

bool primary_role::may_commit(sequence at, boot_time now) const {
  if (!fenced_ || durable_ < at) // F1, C1
    return false;
  if (!policies_known_ && !MUSTER_MUTANT(agent_policies_not_awaited)) // A3
    return false;
  if (stopped()) // F2
    return false;
  if (assigned_.in_sync.size() < ctx_.options.min_copies) // C2
    return false;
  auto& entry = pending_[at.value - ctx_.state.committed().value - 1];
  if (entry.watched && ready_ < at)
    return false;
  auto missing_max = MUSTER_MUTANT(c1_acknowledgement_missing) ? 1 : 0;
  auto missing = 0;
  for (auto& [id, r] : replicas_) {
    if ((r.dropped || !is_silent(r, now)) // it may serve reads still
        && !MUSTER_MUTANT(c1_dropped_not_silent))
      return false;
    if (r.counted && (!r.joined || r.acked < at) && ++missing > missing_max)
      return false;
  }
  return true;
}

void primary_role::try_commit(boot_time now) {
  auto before = ctx_.state.committed();
  auto upto = before;
  while (upto < ctx_.log.last() && may_commit(upto.next(), now))
    upto = upto.next();
  if (MUSTER_MUTANT(c1_out_of_order) && upto < ctx_.log.last()
      && may_commit(ctx_.log.last(), now))
    upto = ctx_.log.last();
  if (upto == before)
    return;
  apply_and_publish(ctx_, upto, true, tail_end_); // W6
  auto watched = false;
  std::vector<pending_entry> parts;
  for (auto at = before; at < upto; at = at.next()) {
    auto& entry = pending_.front();
    watched = watched || entry.watched;
    answer_committed(entry, now);
    auto& item = ctx_.log.at(entry.at);
    pending_bytes_ -= item.bytes.size();
    if (auto i = undecided_ids_.find(entry.id.value);
        i != undecided_ids_.end() && i->second == entry.at)
      undecided_ids_.erase(i);
    ages_.emplace_back(entry.at, now);
    if (item.entry.attempt != attempt_name{})
      parts.push_back(std::move(entry));
    pending_.pop_front();
  }
  // Replicas hear of it with the next prepare; if none may follow soon, now.
  // A tick tells what a slow entry holds back.
  if (pending_.empty())
    tell_committed();
  if (watched)
    ctx_.emit(entries_committed{ctx_.shard, term_, upto});
  for (auto& [id, r] : replicas_)
    cover_if_whole(r);
  answer_refusals(now);
  tell_watchers(before);
  for (auto& x : parts)
    on_part_committed(x, now);
  if (handing_ && handing_->at == handing::stage::draining)
    advance_handover(now);
}

void primary_role::answer_committed(const pending_entry& x, boot_time now) {
  auto& entry = ctx_.log.at(x.at).entry;
  auto another = entry.attempt != attempt_name{}
                 && entry.attempt.decider != ctx_.shard;
  if (entry.kind == entry_kind::prepare || another) {
    // Who decides the attempt answers its origin. Who waited here asks again.
    for (auto& other : x.others) {
      verdict told;
      told.slot = other.slot;
      told.id = x.id;
      told.attempt = other.attempt;
      told.what = outcome::unavailable;
      told.detail = "a former attempt is not decided yet";
      told.reached = ctx_.state.committed();
      answer(other.origin, std::move(told));
    }
    return;
  }
  verdict out;
  switch (entry.kind) {
    case entry_kind::command:
    case entry_kind::commit_part:
      out.what = outcome::committed;
      break;
    case entry_kind::refusal:
    case entry_kind::refuse_part:
      out.what = outcome::refused;
      break;
    case entry_kind::abort_part:
      out.what = outcome::unavailable;
      break;
    default:
      return;
  }
  out.id = x.id;
  out.version = x.at;
  out.detail = entry.detail;
  out.counters = entry.counters;
  out.otherwise = entry.otherwise;
  out.acknowledged = x.acks;
  out.acknowledged.push_back(
    {ctx_.self, (now - x.prepared_at).count(), false, ctx_.shard});
  out.logged = true;
  out.reached = ctx_.state.committed();
  for (auto& other : x.others) {
    auto told = out;
    told.slot = other.slot;
    told.attempt = other.attempt;
    if (entry.digest != 0 && entry.digest != other.digest
        && told.what != outcome::unavailable)
      refuse_reused(told);
    answer(other.origin, std::move(told));
  }
  if (x.origin == machine_id{})
    return;
  out.slot = x.slot;
  out.attempt = x.attempt;
  answer(x.origin, std::move(out));
}

void primary_role::answer_refusals(boot_time now) {
  auto decided = [&](auto& x) {
    return x.after <= ctx_.state.committed() && has_authority(now);
  };
  while (
    !refusals_.empty()
    && (decided(refusals_.front()) || MUSTER_MUTANT(c3_refusal_too_early))) {
    auto& x = refusals_.front();
    x.answer.reached = ctx_.state.committed();
    if (x.vote)
      ctx_.emit(send_home_effect{x.vote->shard, std::move(*x.vote)});
    else
      answer(x.origin, std::move(x.answer));
    refusals_.pop_front();
  }
  // A refusal that cannot be answered in time is no answer at all: the origin
  // tries again.
  while (refusals_.size() > ctx_.options.pending_max)
    refusals_.pop_front();
}

void primary_role::forget_old(boot_time now) {
  // One at a time: what it will forget is still counted until it commits.
  if (ctx_.state.remembered_count() <= ctx_.options.remembered_max
      || forgetting_ > ctx_.state.committed() || !fenced_)
    return;
  auto floor = ctx_.state.floor();
  auto excess = ctx_.state.remembered_count() - ctx_.options.remembered_max;
  while (excess > 0 && !ages_.empty()
         && now - ages_.front().second > ctx_.options.remembered_for) {
    floor = ages_.front().first;
    ages_.pop_front();
    --excess;
  }
  if (floor <= ctx_.state.floor())
    return;
  log_entry entry;
  entry.kind = entry_kind::forget;
  entry.floor = floor;
  append(std::move(entry), std::nullopt, false, now);
  forgetting_ = ctx_.log.last();
}

} // namespace muster
