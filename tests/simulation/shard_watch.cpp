// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/shard_watch.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {

void shard_watch::report(const shard_replica& x, const machine_id& owner,
                         std::string what) {
  if (problem_.empty())
    problem_ = std::move(what) + ", shard "
               + std::to_string(x.context().shard.value) + " of " + owner.value;
}

void shard_watch::observe(const machine_id& owner, const clock_source& clock,
                          const shard_replica& x) {
  ++input_count_;
  x.check_invariants();
  auto& s = shards_[x.context().shard];
  auto& r = s.replicas[owner];
  r.core = &x;
  r.clock = &clock;
  watch_moves(s, r, owner);
  watch_parts(r);
  check_promise(s, r, owner);
  check_hashes(s, r, owner);
  if (!x.acts(clock.now())) {
    r.acted = false;
    return;
  }
  if (!r.acted)
    check_log(s, r, owner);
  r.acted = true;
  check_primaries(s);
}

/// Hand-overs and how long nothing could be written.
void shard_watch::watch_moves(shard& s, const replica& r,
                              const machine_id& owner) {
  if (r.core->hands_over()) {
    if (s.stopped != owner)
      s.stopped_at = r.clock->now();
    s.stopped = owner;
    return;
  }
  auto commits = r.core->is_primary()
                 && r.core->context().state.committed() > r.committed;
  if (s.stopped == machine_id{} || !commits)
    return;
  if (s.stopped != owner) {
    auto found = s.replicas.find(s.stopped);
    ++handed_over_;
    if (found != s.replicas.end() && found->second.clock)
      pause_max_ = std::max(
        pause_max_, nanoseconds{found->second.clock->now() - s.stopped_at});
  }
  s.stopped = machine_id{};
}

/// I2, I10. A log may be cut short by the very input that commits: what it had
/// is remembered until then.
void shard_watch::watch_parts(replica& r) {
  auto& ctx = r.core->context();
  if (ctx.log.last() < r.seen_upto)
    r.parts.erase(r.parts.upper_bound(ctx.log.last()), r.parts.end());
  r.seen_upto = std::min(r.seen_upto, ctx.log.last());
  for (auto at = std::max(r.seen_upto, ctx.log.base()).next();
       at <= ctx.log.last(); at = at.next())
    if (auto& entry = ctx.log.at(at).entry; entry.attempt != attempt_name{})
      r.parts[at] = entry;
  r.seen_upto = ctx.log.last();
  auto end = r.parts.upper_bound(ctx.state.committed());
  if (r.core->is_primary())
    for (auto i = r.parts.begin(); i != end; ++i)
      if (auto wrong = parts_.committed(ctx.shard, i->second); !wrong.empty())
        report(*r.core, ctx.self.id, wrong);
  r.parts.erase(r.parts.begin(), end);
}

/// I11, I12.
void shard_watch::check_hashes(shard& s, replica& r, const machine_id& owner) {
  auto& ctx = r.core->context();
  auto upto = ctx.state.committed();
  if (upto == r.committed)
    return;
  if (s.hashes.size() <= upto.value)
    s.hashes.resize(upto.value + 1);
  // The hash of an entry covers all before it, so a gap hides nothing.
  auto from = std::max(r.committed, ctx.log.base());
  for (auto at = std::min(from.next(), upto); at <= upto; at = at.next()) {
    auto hash = ctx.log.hash_at(at);
    auto& known = s.hashes[at.value];
    if (known != 0 && known != hash)
      report(*r.core, owner,
             "I11: another entry is committed at " + std::to_string(at.value));
    known = hash;
    if (at > ctx.log.base())
      changes_.add(ctx.shard, ctx.log.at(at).entry);
  }
  auto before = std::exchange(r.committed, upto);
  if (r.core->is_primary()) {
    check_reads(r, std::max(before, s.committed_by_primary));
    check_durable(r, owner);
    for (auto at = from.next(); at <= upto; at = at.next())
      if (auto wrong = policies_.committed(owner, ctx.shard,
                                           ctx.log.at(at).entry);
          !wrong.empty())
        report(*r.core, owner, wrong);
    s.committed_by_primary = std::max(s.committed_by_primary, upto);
  } else if (upto > s.committed_by_primary) {
    report(*r.core, owner,
           "I12: committed " + std::to_string(upto.value)
             + ", which no primary has");
  }
}

/// I6.
void shard_watch::check_durable(const replica& r, const machine_id& owner) {
  auto& ctx = r.core->context();
  auto now = truth_ ? truth_->newest(ctx.shard) : std::nullopt;
  if (!now)
    return;
  for (auto& at : now->in_sync) {
    auto upto = truth_->durable(at, ctx.shard);
    if (upto && *upto < ctx.state.committed())
      report(*r.core, owner,
             "I6: committed " + std::to_string(ctx.state.committed().value)
               + ", the disk of " + at.id.value + " has up to "
               + std::to_string(upto->value));
  }
}

/// I8: every key that was committed after `from`, on every machine.
void shard_watch::check_reads(const replica& r, sequence from) {
  auto& ctx = r.core->context();
  for (auto at = std::max(from, ctx.log.base()).next();
       at <= ctx.state.committed(); at = at.next()) {
    for (auto& effect : ctx.log.at(at).entry.effects)
      check_read(*r.core, effect.key);
  }
}

void shard_watch::check_read(const shard_replica& x, const std::string& key) {
  auto& ctx = x.context();
  auto newest = ctx.state.find(key);
  auto locks = [&](auto& part) {
    auto& keys = part.second.keys;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  auto& prepared = ctx.state.prepared();
  auto locked = std::any_of(prepared.begin(), prepared.end(), locks);
  for (auto& [machine, table] : tables_) {
    std::string value;
    sequence version;
    auto kind = table->copy_to(ctx.shard, key, value, version).kind;
    auto served = kind == read_kind::served || kind == read_kind::served_absent;
    if (served && locked) {
      report(x, machine, "P2: serves " + key + ", which is locked");
      continue;
    }
    auto absent = kind == read_kind::served_absent;
    if (!absent && kind != read_kind::served)
      continue;
    if (absent ? newest != nullptr : !newest || version < newest->version)
      report(x, machine,
             "I8: serves " + key + " at version "
               + (absent ? "absent" : std::to_string(version.value)) + ", "
               + (newest ? std::to_string(newest->version.value) : "absence")
               + " is committed");
  }
}

/// I3, L3.
void shard_watch::check_promise(shard& s, replica& r, const machine_id& owner) {
  auto& ctx = r.core->context();
  if (!r.kept) {
    r.kept = &s.promises[ctx.me()];
    auto& kept = *r.kept;
    if (ctx.highest < kept.of)
      report(*r.core, owner,
             "L3: came back with term " + std::to_string(ctx.highest.value)
               + ", had joined " + std::to_string(kept.of.value));
    if (ctx.log.last() < kept.upto)
      report(*r.core, owner,
             "I3: came back with a log up to "
               + std::to_string(ctx.log.last().value) + ", had acknowledged "
               + std::to_string(kept.upto.value));
  }
  if (auto now = r.core->promised())
    *r.kept = *now;
  else if (r.core->state_text({}) == "joining")
    r.kept->upto = sequence{}; // its log may be cut (L3) or be a snapshot's
  else if (!ctx.newest.names(ctx.self.id) && ctx.log.last() == sequence{})
    r.kept->upto = sequence{}; // it was replaced, and has left its data
}

/// I3.
void shard_watch::check_log(shard& s, replica& r, const machine_id& owner) {
  auto& log = r.core->context().log;
  auto want = s.committed_by_primary;
  if (log.last() < want)
    report(*r.core, owner,
           "I3: acts with a log up to " + std::to_string(log.last().value)
             + ", committed was " + std::to_string(want.value));
  else if (want >= log.base() && want.value < s.hashes.size()
           && s.hashes[want.value] != 0
           && s.hashes[want.value] != log.hash_at(want))
    report(*r.core, owner,
           "I3: acts with another log than was committed up to "
             + std::to_string(want.value));
}

/// I4.
void shard_watch::check_primaries(const shard& s) {
  const machine_id* first = nullptr;
  for (auto& [id, r] : s.replicas) {
    if (!r.core || !r.core->acts(r.clock->now()))
      continue;
    if (first)
      report(*r.core, id, "I4: " + first->value + " acts as primary too");
    first = &id;
  }
}

void shard_watch::forget(const machine_id& owner) {
  for (auto& [id, s] : shards_)
    s.replicas.erase(owner);
  tables_.erase(owner);
  copies_.forget(owner);
  policies_.forget(owner);
}

void shard_watch::look_at_copies(
  const std::map<shard_id, std::vector<std::string>>& keys) {
  for (auto& [id, s] : shards_) {
    auto some = keys.find(id);
    if (some == keys.end())
      continue;
    for (auto& [owner, r] : s.replicas)
      if (r.core && r.core->acts(r.clock->now()) && r.core->fenced())
        if (auto wrong = copies_.check(owner, *r.core, some->second);
            !wrong.empty())
          report(*r.core, owner, wrong);
  }
}

std::map<shard_id, sequence> shard_watch::committed() const {
  std::map<shard_id, sequence> out;
  for (auto& [id, s] : shards_)
    out[id] = s.committed_by_primary;
  return out;
}

std::string shard_watch::unfinished_part() const {
  for (auto& [id, s] : shards_)
    for (auto& [machine, r] : s.replicas) {
      if (!r.acted)
        continue;
      auto& state = r.core->context().state;
      auto where = " in shard " + std::to_string(id.value) + " on "
                   + machine.value;
      if (!state.prepared().empty())
        return state.prepared().begin()->first + " is undecided" + where;
      if (!state.open_decisions().empty())
        return state.open_decisions().begin()->first
               + " is not carried out everywhere" + where;
    }
  return {};
}

} // namespace muster::sim
