// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>

namespace muster {

bool primary_role::undecided_tail(const std::string& key) const {
  return tail_end_ > ctx_.state.committed() && ctx_.pending.count(key) > 0
         && !MUSTER_MUTANT(l4_tail_read);
}

namespace {

/// Longer than a reader waits before it asks again (`remote_reads`).
constexpr nanoseconds reader_turn = std::chrono::milliseconds{60};
constexpr size_t turned_away_max = 64;

} // namespace

read_reply primary_role::on_read(const read_request& x, boot_time now) {
  // R1: decided state, under live covering leases of all in-sync backups.
  read_reply out;
  out.ticket = x.ticket;
  out.at = assigned_.at;
  if (!has_authority(now) || undecided_tail(x.key))
    return out;
  if (ctx_.locked.count(x.key) > 0) { // P2: it waits
    turn_away(x.key, now);
    return out;
  }
  out.answered = true;
  if (auto found = ctx_.state.find(x.key)) {
    out.found = true;
    out.value = found->value;
    out.version = found->version;
  }
  return out;
}

void primary_role::turn_away(const std::string& prefix, boot_time now) {
  while (!turned_away_.empty()
         && (turned_away_.front().until <= now
             || turned_away_.size() >= turned_away_max))
    turned_away_.pop_front();
  turned_away_.push_back({prefix, now + reader_turn});
}

std::string primary_role::awaited(const command& part, boot_time now) const {
  for (auto& x : turned_away_) {
    if (x.until <= now)
      continue;
    auto under = false;
    each_key(part, [&](auto& key) { under = under || covers(x.prefix, key); });
    if (under)
      return x.prefix;
  }
  return {};
}

bool primary_role::any_locked(const std::string& prefix) const {
  auto i = prefix == "/" ? ctx_.locked.begin()
                         : ctx_.locked.lower_bound(prefix);
  for (; i != ctx_.locked.end(); ++i) {
    if (covers(prefix, i->first))
      return true;
    if (prefix != "/" && !i->first.starts_with(prefix))
      break;
  }
  return false;
}

list_reply primary_role::on_list(const list_request& x, boot_time now) {
  list_reply out;
  out.ticket = x.ticket;
  out.shard = ctx_.shard;
  out.at = assigned_.at;
  if (!has_authority(now) || tail_end_ > ctx_.state.committed())
    return out;
  if (any_locked(x.prefix)) {
    turn_away(x.prefix, now);
    return out;
  }
  out.answered = true;
  size_t bytes = 0;
  auto& records = ctx_.state.records();
  for (auto i = records.lower_bound(x.prefix); i != records.end(); ++i) {
    auto& [key, found] = *i;
    if (x.prefix != "/" && !key.starts_with(x.prefix))
      break;
    if (!covers(x.prefix, key))
      continue;
    bytes += key.size() + found.value.size() + 24;
    if (bytes > ctx_.options.listing_bytes_max) {
      out.too_large = true;
      out.records.clear();
      return out;
    }
    out.records.push_back({key, found.value, found.version});
  }
  return out;
}

void primary_role::on_copy_ask(const copy_ask& x, boot_time now) {
  copy_data out;
  out.shard = ctx_.shard;
  out.of = term_;
  out.holder = x.holder;
  out.prefix = x.prefix;
  out.exact = x.exact;
  // L4: an undecided tail is not granted; the holder asks again.
  if (x.of == term_ && has_authority(now)
      && tail_end_ <= ctx_.state.committed()) {
    out.granted = true;
    out.as_of = ctx_.state.committed();
    auto wanted = [&](auto& key) {
      return x.exact ? key == x.prefix : covers(x.prefix, key);
    };
    auto& records = ctx_.state.records();
    for (auto i = records.lower_bound(x.prefix); i != records.end(); ++i) {
      auto& [key, found] = *i;
      if (x.exact ? key != x.prefix
                  : x.prefix != "/" && !key.starts_with(x.prefix))
        break;
      if (wanted(key))
        out.records.push_back({key, found.value, found.version});
    }
    for (auto& [id, part] : ctx_.state.prepared()) // P2
      for (auto& key : part.keys)
        if (wanted(key))
          out.locked.push_back({key, part.at});
    for (auto& p : pending_) {
      auto& effects = ctx_.log.at(p.at).entry.effects;
      auto covered = [&](auto& e) { return wanted(e.key); };
      if (std::none_of(effects.begin(), effects.end(), covered))
        continue;
      p.watched = true; // D3
      out.undecided.push_back(watched_entry_of(p, ctx_.log.at(p.at).entry));
    }
    // What the agent said of these before did not know this holder; of others
    // it holds: grants of single keys are many, and must not delay all writes.
    if (!out.undecided.empty()) {
      ++round_;
      ready_ = out.as_of;
    }
    out.round = round_;
  }
  ctx_.emit(std::move(out));
}

} // namespace muster
