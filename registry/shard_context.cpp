// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_context.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#ifdef MUSTER_MUTANTS
#  include <map>
#endif

namespace muster {

#ifdef MUSTER_MUTANTS
namespace {

std::map<const shard_context*, shard_effects> held_back;

} // namespace
#endif

nonce shard_context::make_nonce() {
  // splitmix64: a bijection, so one seed never gives the same nonce twice.
  auto x = nonce_seed + ++nonces_made * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return nonce{x == 0 ? 1 : x};
}

std::string encode_meta(const shard_meta& x) {
  return "1 " + std::to_string(x.highest.value) + (x.complete ? " 1" : " 0");
}

bool decode_meta(const std::string& bytes, shard_meta& out) {
  unsigned long long highest = 0;
  int complete = 0;
  if (sscanf(bytes.c_str(), "1 %llu %d", &highest, &complete) != 2)
    return false;
  out.highest = term{highest};
  out.complete = complete != 0;
  return true;
}

std::vector<std::string> keys_of(const log_entry& x) {
  std::vector<std::string> out;
  out.reserve(x.effects.size());
  for (auto& e : x.effects)
    out.push_back(e.key);
  return out;
}

void publish_all(shard_context& ctx, served_from from, term of, session in) {
  ctx.emit(publish_begin{from, of, in});
  for (auto& [key, x] : ctx.state.records())
    ctx.emit(publish_put{key, x.value, x.version});
  // Whole before the marks: only under a held prefix is an absent key marked.
  // No lease has been published yet, so nothing is served in between.
  ctx.emit(publish_whole{});
  if (MUSTER_MUTANT(l4_tail_read) && from == served_from::primary)
    return;
  for (auto& [id, part] : ctx.state.prepared()) // P2
    ctx.emit(publish_invalid{part.keys});
  for (auto at = ctx.state.committed().next(); at <= ctx.log.last();
       at = at.next())
    if (auto keys = keys_of(ctx.log.at(at).entry); !keys.empty())
      ctx.emit(publish_invalid{std::move(keys)});
}

namespace {

void lock(shard_context& ctx, const log_entry& entry) {
  if (entry.kind == entry_kind::prepare)
    for (auto& x : entry.effects)
      ctx.locked[x.key] = entry.at;
}

/// A backup may have the next lock of the key already.
void unlock(shard_context& ctx, const log_entry& decision) {
  for (auto& x : decision.effects) {
    auto i = ctx.locked.find(x.key);
    if (i != ctx.locked.end() && i->second < decision.at)
      ctx.locked.erase(i);
  }
}

bool is_decision(const log_entry& x) {
  return x.kind == entry_kind::commit_part || x.kind == entry_kind::refuse_part
         || x.kind == entry_kind::abort_part;
}

} // namespace

void find_locks(shard_context& ctx) {
  ctx.locked.clear();
  for (auto& [id, part] : ctx.state.prepared())
    for (auto& key : part.keys)
      ctx.locked[key] = part.at;
  for (auto at = ctx.state.committed().next(); at <= ctx.log.last();
       at = at.next())
    lock(ctx, ctx.log.at(at).entry);
}

void append_entry(shard_context& ctx, log_entry entry, std::string bytes) {
  for (auto& x : entry.effects)
    ctx.pending[x.key] = entry.at;
  lock(ctx, entry);
  ctx.log.append(std::move(entry), std::move(bytes));
}

void truncate_log(shard_context& ctx, sequence after) {
  assert(after >= ctx.state.committed());
  ctx.log.truncate(after);
  ctx.pending.clear();
  for (auto at = ctx.state.committed().next(); at <= ctx.log.last();
       at = at.next())
    for (auto& x : ctx.log.at(at).entry.effects)
      ctx.pending[x.key] = at;
  find_locks(ctx);
}

void apply_and_publish(shard_context& ctx, sequence upto, bool mark_first,
                       sequence silent_upto) {
  assert(upto <= ctx.log.last());
  auto first = ctx.state.committed().next();
#ifdef MUSTER_MUTANTS
  auto* emitted = ctx.out;
  if (mark_first && MUSTER_MUTANT(r1_published_late))
    ctx.out = &held_back[&ctx];
#endif
  if (MUSTER_MUTANT(p334_backup_not_silent))
    mark_first = true;
  if (mark_first)
    for (auto at = first; at <= upto; at = at.next())
      if (auto keys = keys_of(ctx.log.at(at).entry); !keys.empty())
        ctx.emit(publish_invalid{std::move(keys)});
  for (auto at = first; at <= upto; at = at.next()) {
    auto& item = ctx.log.at(at);
    ctx.state.apply(item.entry, item.hash);
    ctx.applied_bytes += item.bytes.size();
    for (auto& x : item.entry.effects) {
      auto newest = ctx.pending.find(x.key);
      auto decided = newest != ctx.pending.end() && newest->second == at;
      if (decided)
        ctx.pending.erase(newest);
      else if (newest != ctx.pending.end() && at <= silent_upto)
        continue;
      if (x.locked && MUSTER_MUTANT(p2_prepare_validates)) {
        if (auto stands = ctx.state.find(x.key))
          ctx.emit(publish_put{x.key, stands->value, stands->version});
        continue;
      }
      if (x.locked) {
        // P2: its commit validates nothing; what was committed with it, and
        // before, may have.
        if (mark_first)
          ctx.emit(publish_invalid{{x.key}});
        continue;
      }
      auto version = x.standing == sequence{} ? at : x.standing;
      if (x.erased)
        ctx.emit(publish_erase{x.key});
      else
        ctx.emit(publish_put{x.key, x.value, version});
    }
    if (is_decision(item.entry))
      unlock(ctx, item.entry);
  }
#ifdef MUSTER_MUTANTS
  ctx.out = emitted;
#endif
}

#ifdef MUSTER_MUTANTS
void emit_held_back(shard_context& ctx) {
  auto late = std::exchange(held_back[&ctx], {});
  ctx.out->insert(ctx.out->end(), std::make_move_iterator(late.begin()),
                  std::make_move_iterator(late.end()));
}
#endif

bool checkpoint_if_due(shard_context& ctx, sequence last) {
  auto entries = ctx.state.committed().value - last.value;
  // Many bytes alone are enough only if they are very many: a checkpoint
  // writes changed records once more.
  auto bytes = ctx.applied_bytes;
  auto due = entries >= ctx.options.checkpoint_entries
             || (bytes >= ctx.options.checkpoint_bytes
                 && entries >= ctx.options.checkpoint_entries / 4)
             || bytes >= ctx.options.checkpoint_bytes * 16;
  if (entries == 0 || !due)
    return false;
  ctx.applied_bytes = 0;
  checkpoint_effect effect{ctx.state.committed(), {}};
  for (auto& row : ctx.state.take_changes())
    effect.rows.push_back(
      {std::move(row.key), std::move(row.value), row.erased});
  ctx.emit(std::move(effect));
  return true;
}

} // namespace muster
