// SPDX-License-Identifier: Apache-2.0

// Commands over several shards at the deciding home (3.7): one attempt at a
// time for an id, its votes, the decision, and who has carried it out.

#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <utility>

namespace muster {

std::string primary_role::lock_on(const command& x) const {
  std::string out;
  each_key(x, [&](auto& key) {
    if (out.empty() && ctx_.locked.count(key) > 0)
      out = key;
  });
  return out;
}

void primary_role::begin_attempt(const home_submit& x, part_plan made,
                                 boot_time now) {
  auto& cmd = x.what.what;
  auto shards = shards_of(cmd, ctx_.options.shard_count);
  auto part = part_of(cmd, ctx_.shard, ctx_.options.shard_count);
  collection c;
  c.attempt = {ctx_.shard, term_, ctx_.log.last().next()};
  c.asked = x;
  c.since = now;
  c.open.insert(shards.begin(), shards.end());
  c.open.erase(ctx_.shard);
  c.plans[ctx_.shard] = made;
  log_entry entry;
  entry.id = cmd.id;
  entry.digest = digest_of(cmd);
  entry.origin = x.origin;
  entry.attempt = c.attempt;
  entry.others.assign(c.open.begin(), c.open.end());
  lock_keys(entry, part, std::move(made), x.enlisted);
  auto& kept = collecting_[cmd.id.value] = std::move(c);
  append(std::move(entry), attempt_at{x}, true, now);
  send_parts(kept, now);
}

void primary_role::send_parts(collection& c, boot_time now) {
  c.sent = now;
  auto& cmd = c.asked.what.what;
  for (auto shard : c.open) {
    part_prepare out;
    out.shard = shard;
    out.attempt = c.attempt;
    out.what = part_of(cmd, shard, ctx_.options.shard_count);
    out.either = !cmd.otherwise.empty();
    out.origin = c.asked.origin;
    out.slot = c.asked.what.slot;
    for (auto& [other, known] : c.asked.known)
      if (other == shard)
        out.born = known;
    ctx_.emit(send_home_effect{shard, std::move(out)});
  }
}

void primary_role::on_vote(const part_vote& x, boot_time now) {
  auto i = collecting_.find(x.id.value);
  if (i == collecting_.end() || i->second.attempt != x.attempt) {
    // It took part in what is over, or in what this log never had.
    on_question({x.shard, x.from, x.attempt, x.id}, now);
    return;
  }
  auto& c = i->second;
  if (x.what == vote_kind::yes) {
    if (c.open.erase(x.from) > 0) {
      c.plans[x.from] = x.planned;
      c.acks.insert(c.acks.end(), x.acknowledged.begin(), x.acknowledged.end());
    }
  } else if (c.open.count(x.from) > 0 && c.against.empty()) {
    c.against = x.detail;
    c.refused = x.what == vote_kind::refused;
  }
  advance_collection(x.id.value, now);
}

void primary_role::advance_collection(const std::string& id, boot_time now) {
  auto i = collecting_.find(id);
  if (i == collecting_.end() || handing_)
    return;
  auto& c = i->second;
  // Its own part is committed first: then what stands is known, and no lock
  // is left behind whatever the decision is.
  if (!c.prepared)
    return;
  if (c.against.empty() && !c.open.empty()
      && now - c.since >= ctx_.options.votes_max) {
    c.against = "not every shard has answered";
    if (MUSTER_MUTANT(p3_abort_not_logged)) {
      auto out = verdict_for(c.asked, outcome::unavailable);
      out.detail = std::exchange(c.against, {});
      return answer(c.asked.origin.id, std::move(out));
    }
  }
  if (!c.against.empty())
    decide(id, c.refused ? entry_kind::refuse_part : entry_kind::abort_part,
           now);
  else if (c.open.empty()) // P1
    decide_votes(id, c, now);
}

void primary_role::decide_votes(const std::string& id, collection& c,
                                boot_time now) {
  auto holds = [](auto& x) { return x.second.holds; };
  c.otherwise = !std::all_of(c.plans.begin(), c.plans.end(), holds);
  for (auto& [shard, x] : c.plans)
    if (auto& refusal = x.branch(c.otherwise).refusal;
        !refusal.empty() && c.against.empty())
      c.against = refusal;
  c.refused = !c.against.empty();
  decide(id, c.refused ? entry_kind::refuse_part : entry_kind::commit_part,
         now);
}

std::map<shard_id, std::vector<int64_t>>
primary_role::counters_of(const collection& c) {
  std::map<shard_id, std::vector<int64_t>> out;
  for (auto& [shard, x] : c.plans)
    out[shard] = x.branch(c.otherwise).counters;
  return out;
}

void primary_role::decide(const std::string& id, entry_kind what,
                          boot_time now) {
  auto found = ctx_.state.prepared().find(id);
  auto i = collecting_.find(id);
  if (found == ctx_.state.prepared().end()
      || (i != collecting_.end() && i->second.attempt != found->second.attempt))
    return;
  auto& part = found->second;
  log_entry entry;
  entry.kind = what;
  entry.id = command_id{id};
  entry.attempt = part.attempt;
  entry.others = part.others;
  std::optional<collection> c;
  if (i != collecting_.end()) {
    c = std::move(i->second);
    collecting_.erase(i);
    entry.detail = c->against;
    entry.digest = digest_of(c->asked.what.what);
    entry.origin = c->asked.origin;
    auto& cmd = c->asked.what.what;
    entry.operations = without_values(c->otherwise ? cmd.otherwise
                                                   : cmd.operations);
    entry.replicas = replica_names();
    entry.participants = c->asked.enlisted;
  }
  entry.effects = standing(part);
  if (what == entry_kind::commit_part) {
    auto& cmd = c->asked.what.what;
    entry.otherwise = c->otherwise;
    overwrite(entry.effects, part.what.branch(c->otherwise).effects);
    entry.counters = join_counters(c->otherwise ? cmd.otherwise
                                                : cmd.operations,
                                   ctx_.options.shard_count, counters_of(*c));
  }
  append(std::move(entry),
         c ? std::optional{attempt_at{c->asked}} : std::nullopt, true, now);
  auto& p = pending_.back();
  undecided_ids_[id] = p.at;
  if (c) {
    p.acks = std::move(c->acks);
    p.others = std::move(c->others);
  }
}

/// What its keys have now, with the versions that stand; for silence that ends.
std::vector<effect> primary_role::standing(const prepared_part& x) const {
  std::vector<effect> out;
  for (auto& key : x.keys) {
    auto found = ctx_.state.find(key);
    if (found)
      out.push_back({key, found->value, false, false, found->version});
    else
      out.push_back({key, {}, true, false, x.at});
  }
  return out;
}

void primary_role::tell_decision(const part_decision& x,
                                 const std::vector<shard_id>& others,
                                 const std::set<shard_id>& done) {
  for (auto shard : others)
    if (done.count(shard) == 0) {
      auto told = x;
      told.shard = shard;
      ctx_.emit(send_home_effect{shard, std::move(told)});
    }
}

void primary_role::on_part_committed(const pending_entry& p, boot_time now) {
  auto entry = ctx_.log.at(p.at).entry; // what follows may append
  auto& id = entry.id.value;
  auto decides = entry.attempt.decider == ctx_.shard;
  switch (entry.kind) {
    case entry_kind::prepare:
      if (!decides) {
        // Inherited, the decision may have come with it.
        auto part = ctx_.state.prepared().find(id);
        if (part == ctx_.state.prepared().end())
          break;
        auto acks = p.acks;
        acks.push_back(
          {ctx_.self, (now - p.prepared_at).count(), false, ctx_.shard});
        vote_yes(entry.id, part->second, std::move(acks));
      } else if (auto i = collecting_.find(id); i != collecting_.end()) {
        i->second.prepared = true;
        i->second.acks.insert(i->second.acks.end(), p.acks.begin(),
                              p.acks.end());
        advance_collection(id, now);
      }
      break;
    case entry_kind::commit_part:
    case entry_kind::refuse_part:
    case entry_kind::abort_part: {
      auto committed = entry.kind == entry_kind::commit_part;
      if (decides)
        tell_decision({{}, entry.attempt, entry.id, committed, entry.otherwise},
                      entry.others, {});
      else if (committed)
        ctx_.emit(send_home_effect{entry.attempt.decider,
                                   part_done{entry.attempt.decider, ctx_.shard,
                                             entry.attempt, entry.id}});
      break;
    }
    case entry_kind::finish:
      finishing_.erase(id);
      reported_.erase(id);
      break;
    default:
      break;
  }
}

void primary_role::on_done(const part_done& x, boot_time) {
  auto& open = ctx_.state.open_decisions();
  auto i = open.find(x.id.value);
  if (i != open.end() && i->second.attempt == x.attempt)
    reported_[x.id.value].insert(x.from);
}

void primary_role::finish_decisions(boot_time now) {
  // With the ticks: nobody waits for it, and so one sync is for many.
  std::vector<std::pair<std::string, attempt_name>> whole;
  for (auto& [id, done] : reported_) {
    auto i = ctx_.state.open_decisions().find(id);
    if (i == ctx_.state.open_decisions().end() || finishing_.count(id) > 0)
      continue;
    auto reported = [&, &all = done](auto shard) {
      return all.count(shard) > 0 || MUSTER_MUTANT(p3_decision_forgotten);
    };
    auto& others = i->second.others;
    if (std::all_of(others.begin(), others.end(), reported))
      whole.emplace_back(id, i->second.attempt);
  }
  for (auto& [id, attempt] : whole) {
    if (overloaded())
      return;
    finishing_.insert(id);
    log_entry entry;
    entry.kind = entry_kind::finish;
    entry.id = command_id{id};
    entry.attempt = attempt;
    append(std::move(entry), std::nullopt, false, now);
  }
}

void primary_role::on_question(const part_question& x, boot_time now) {
  // Only who acts may say that something is not in its log, and only if no
  // tail is undecided.
  if (!has_authority(now) || !fenced_ || tail_end_ > ctx_.state.committed()
      || x.attempt.of > term_)
    return;
  auto& open = ctx_.state.open_decisions();
  auto decided = open.find(x.id.value);
  auto committed = decided != open.end()
                   && decided->second.attempt == x.attempt;
  auto& prepared = ctx_.state.prepared();
  auto part = prepared.find(x.id.value);
  auto undecided = (part != prepared.end() && part->second.attempt == x.attempt)
                   || (x.attempt.of == term_
                       && x.attempt.at > ctx_.state.committed());
  if (!committed && undecided)
    return; // it is told when it is decided
  auto otherwise = committed && decided->second.otherwise;
  ctx_.emit(send_home_effect{x.from, part_decision{x.from, x.attempt, x.id,
                                                   committed, otherwise}});
}

void primary_role::advance_decisions(boot_time now) {
  if (handing_ || !fenced_ || tail_end_ > ctx_.state.committed())
    return;
  std::vector<std::string> ids;
  for (auto& [id, c] : collecting_) {
    ids.push_back(id);
    if (now - c.sent >= ctx_.options.resend)
      send_parts(c, now);
  }
  for (auto& id : ids)
    advance_collection(id, now);
  // P4: what a former primary of this shard has left undecided.
  ids.clear();
  if (MUSTER_MUTANT(p4_left_undecided))
    return;
  for (auto& [id, part] : ctx_.state.prepared())
    if (part.attempt.decider == ctx_.shard && collecting_.count(id) == 0
        && undecided_ids_.count(id) == 0)
      ids.push_back(id);
  for (auto& id : ids)
    decide(id, entry_kind::abort_part, now);
  finish_decisions(now);
  if (now - decisions_told_ < ctx_.options.resend)
    return;
  decisions_told_ = now;
  for (auto& [id, x] : ctx_.state.open_decisions())
    tell_decision({{}, x.attempt, command_id{id}, true, x.otherwise}, x.others,
                  reported_[id]);
}

} // namespace muster
