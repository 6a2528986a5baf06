// SPDX-License-Identifier: Apache-2.0

// Taking part in a command that another shard decides (3.7).

#include "registry/mutants.hpp"
#include "registry/prepared_state.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>

namespace muster {

void primary_role::lock_keys(log_entry& entry, const command& part,
                             part_plan made,
                             std::vector<participant> enlisted) const {
  entry.kind = entry_kind::prepare;
  std::set<std::string> keys;
  for (auto branch : {&part.operations, &part.otherwise})
    for (auto& op : *branch)
      keys.insert(op.key);
  if (!MUSTER_MUTANT(p2_guard_not_locked))
    for (auto& g : part.guards)
      keys.insert(g.key);
  for (auto& key : keys)
    entry.effects.push_back({key, {}, false, true, {}});
  entry.planned = std::move(made);
  entry.operations = without_values(part.operations);
  entry.replicas = replica_names();
  entry.participants = std::move(enlisted);
}

std::string primary_role::why_not(const home_part& x) const {
  auto& part = x.what.what;
  // The deciding home is a peer, and no peer's word is trusted.
  auto checked = check_part(part, ctx_.shard, ctx_.options.shard_count);
  if (!checked)
    return "invalid: " + checked.failure().message;
  if (assigned_.in_sync.size() < ctx_.options.min_copies) // C2
    return "too few backups in sync in shard "
           + std::to_string(ctx_.shard.value);
  if (x.disk_full)
    return "the disk of " + ctx_.self.id.value + " is full";
  if (overloaded())
    return "shard " + std::to_string(ctx_.shard.value) + " is overloaded";
  if (x.what.born < ctx_.state.floor())
    return "what is known of shard " + std::to_string(ctx_.shard.value)
           + " is too old";
  auto key = lock_on(part);
  return key.empty() ? std::string{} : key + " is locked";
}

void primary_role::on_part(const home_part& x, boot_time now) {
  auto& what = x.what;
  auto& id = what.what.id.value;
  // The deciding home is a peer: a shard that there is not would never decide.
  auto& decider = what.attempt.decider;
  if (decider == ctx_.shard || decider.value >= ctx_.options.shard_count)
    return;
  if (handing_)
    return; // F2: it is sent again
  auto& prepared = ctx_.state.prepared();
  if (auto i = prepared.find(id);
      i != prepared.end() && i->second.attempt == what.attempt)
    return vote_yes(what.what.id, i->second, {});
  else if (i != prepared.end()) // its lock must not be forgotten
    return vote(what, vote_kind::later, "a former attempt is being undone");
  if (undecided_ids_.count(id) > 0)
    return;
  // Over, so nothing of it is begun again; or a client's id of two commands.
  if (ctx_.state.find(what.what.id))
    return vote(what, vote_kind::later,
                "the id is known in shard " + std::to_string(ctx_.shard.value)
                  + " already");
  if (auto against = why_not(x); !against.empty())
    return vote(what, vote_kind::later, std::move(against));
  if (auto prefix = awaited(what.what, now); !prefix.empty())
    return vote(what, vote_kind::later, "a read of " + prefix + " comes first");
  auto made = plan_part(what.what, what.either, prepared_state{ctx_});
  if (!made.refusal.empty()) {
    // C3: a read of prepared state; told once that state is committed.
    waiting_refusal out;
    out.after = ctx_.log.last();
    out.vote = part_vote{what.attempt.decider,
                         ctx_.shard,
                         what.attempt,
                         what.what.id,
                         vote_kind::refused,
                         std::move(made.refusal),
                         {},
                         {},
                         {}};
    refusals_.push_back(std::move(out));
    return answer_refusals(now);
  }
  log_entry entry;
  entry.id = what.what.id;
  entry.origin = what.origin;
  entry.attempt = what.attempt;
  lock_keys(entry, what.what, std::move(made.what), x.enlisted);
  if (MUSTER_MUTANT(p1_vote_too_early)) {
    prepared_part part;
    part.attempt = what.attempt;
    part.what = entry.planned;
    vote_yes(what.what.id, part, {});
  }
  append(std::move(entry), attempt_at{what}, true, now);
  undecided_ids_[id] = pending_.back().at;
}

void primary_role::vote(const part_prepare& x, vote_kind what,
                        std::string detail) {
  ctx_.emit(
    send_home_effect{x.attempt.decider, part_vote{x.attempt.decider,
                                                  ctx_.shard,
                                                  x.attempt,
                                                  x.what.id,
                                                  what,
                                                  std::move(detail),
                                                  {},
                                                  {},
                                                  ctx_.state.committed()}});
}

void primary_role::vote_yes(const command_id& id, const prepared_part& x,
                            std::vector<acknowledgement> acks) {
  auto planned = x.what;
  planned.operations.effects.clear();
  planned.otherwise.effects.clear();
  ctx_.emit(
    send_home_effect{x.attempt.decider, part_vote{x.attempt.decider,
                                                  ctx_.shard,
                                                  x.attempt,
                                                  id,
                                                  vote_kind::yes,
                                                  {},
                                                  std::move(planned),
                                                  std::move(acks),
                                                  ctx_.state.committed()}});
}

void primary_role::on_decision(const part_decision& x, boot_time now) {
  if (handing_ || undecided_ids_.count(x.id.value) > 0
      || x.attempt.decider == ctx_.shard)
    return;
  auto& prepared = ctx_.state.prepared();
  auto i = prepared.find(x.id.value);
  if (i != prepared.end() && i->second.attempt == x.attempt)
    return append_decision(x, i->second, now);
  // It has been carried out: only what was prepared here is decided so. But
  // only who acts knows all that is committed; another one would say so of
  // what it never saw.
  auto whole = fenced_ && tail_end_ <= ctx_.state.committed();
  if (x.committed && whole && has_authority(now))
    ctx_.emit(send_home_effect{x.attempt.decider,
                               part_done{x.attempt.decider, ctx_.shard,
                                         x.attempt, x.id}});
}

void primary_role::append_decision(const part_decision& x,
                                   const prepared_part& part, boot_time now) {
  log_entry entry;
  entry.kind = x.committed ? entry_kind::commit_part : entry_kind::abort_part;
  entry.id = x.id;
  entry.attempt = part.attempt;
  entry.effects = standing(part);
  if (x.committed) {
    auto& branch = part.what.branch(x.otherwise);
    overwrite(entry.effects, branch.effects);
    entry.counters = branch.counters;
    entry.otherwise = x.otherwise;
  }
  append(std::move(entry), std::nullopt, true, now);
  undecided_ids_[x.id.value] = pending_.back().at;
}

void primary_role::ask_decisions(boot_time now) {
  // P4: until it is answered.
  if (handing_ || !fenced_ || now - decisions_asked_ < ctx_.options.resend)
    return;
  decisions_asked_ = now;
  for (auto& [id, x] : ctx_.state.prepared())
    if (x.attempt.decider != ctx_.shard && undecided_ids_.count(id) == 0)
      ctx_.emit(send_home_effect{x.attempt.decider,
                                 part_question{x.attempt.decider, ctx_.shard,
                                               x.attempt, command_id{id}}});
}

} // namespace muster
