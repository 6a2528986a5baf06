// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/shard_watch.hpp"

#include <algorithm>

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
  }
  r.committed = upto;
  if (r.core->is_primary())
    s.committed_by_primary = std::max(s.committed_by_primary, upto);
  else if (upto > s.committed_by_primary)
    report(*r.core, owner,
           "I12: committed " + std::to_string(upto.value)
             + ", which no primary has");
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
}

std::map<shard_id, sequence> shard_watch::committed() const {
  std::map<shard_id, sequence> out;
  for (auto& [id, s] : shards_)
    out[id] = s.committed_by_primary;
  return out;
}

} // namespace muster::sim
