// SPDX-License-Identifier: Apache-2.0

// What a shard's log tells of a command, for `explain`.

#include "registry/shard_replica.hpp"

namespace muster {

namespace {

/// The newest entry of the command; null: none in the window.
const log_entry* find_entry(const shard_log& log, const command_id& id) {
  for (auto at = log.last(); at > log.base(); at = sequence{at.value - 1}) {
    auto& entry = log.at(at).entry;
    if (entry.id == id && entry.kind != entry_kind::finish)
      return &entry;
  }
  return nullptr;
}

/// What an entry makes of its command.
outcome outcome_of(entry_kind kind, bool decided) {
  if (!decided || kind == entry_kind::prepare)
    return outcome::pending;
  if (kind == entry_kind::abort_part)
    return outcome::unavailable;
  auto refused = kind == entry_kind::refusal || kind == entry_kind::refuse_part;
  return refused ? outcome::refused : outcome::committed;
}

participant enlisted_at_origin(const log_entry& x, peer who, shard_id shard,
                               participation why) {
  participant out;
  out.who = std::move(who);
  out.shard = shard;
  out.reason = why;
  out.enlisted_by = x.origin.id;
  return out;
}

} // namespace

std::optional<story> shard_replica::story_of(const command_id& id) const {
  auto shard = ctx_.shard;
  auto entry = find_entry(ctx_.log, id);
  // Who only takes part does not know the whole.
  if (!entry
      || (entry->attempt != attempt_name{} && entry->attempt.decider != shard))
    return std::nullopt;
  story out;
  out.id = id;
  out.from_log = true;
  out.what = outcome_of(entry->kind, entry->at <= ctx_.state.committed());
  out.shard = shard;
  out.others = entry->others;
  if (out.what == outcome::committed)
    out.version = entry->at;
  out.detail = entry->detail;
  out.otherwise = entry->otherwise;
  out.operations = entry->operations;
  out.participants.push_back(
    enlisted_at_origin(*entry, entry->origin, shard, participation::origin));
  auto why = participation::home;
  for (auto& replica : entry->replicas) {
    out.participants.push_back(
      enlisted_at_origin(*entry, peer{replica, incarnation{}}, shard, why));
    why = participation::backup;
  }
  out.participants.insert(out.participants.end(), entry->participants.begin(),
                          entry->participants.end());
  return out;
}

} // namespace muster
