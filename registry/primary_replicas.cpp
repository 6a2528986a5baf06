// SPDX-License-Identifier: Apache-2.0
#include "registry/mutants.hpp"
#include "registry/primary_role.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

flow primary_role::link_to(const replica& r) const {
  return flow{ctx_.shard, term_, r.in, r.who.run};
}

primary_role::replica* primary_role::find(const machine_id& id) {
  auto i = replicas_.find(id);
  return i == replicas_.end() ? nullptr : &i->second;
}

primary_role::replica* primary_role::find(const peer& who, const flow& link) {
  // T4: a message of any other term, session or incarnation is ignored.
  auto r = find(who.id);
  if (r && MUSTER_MUTANT(t4_replica_session_ignored))
    return r;
  if (!r || r->who != who || link.of != term_ || link.in != r->in
      || link.in == session{} || link.to != ctx_.self.run)
    return nullptr;
  return r;
}

primary_role::replica& primary_role::add_replica(const replica_ref& ref,
                                                 bool counted) {
  auto& r = replicas_[ref.id];
  r.ref = ref;
  r.counted = counted;
  r.who = peer{ref.id, incarnation{}};
  r.last_progress = started_;
  return r;
}

void primary_role::start_session(replica& r, const peer& who, boot_time now) {
  end_session(r);
  r.who = who;
  r.in = session{next_session_++};
  r.last_progress = now;
  require(); // M4: leases are asked of this incarnation from now on
}

void primary_role::leave_session(replica& r) {
  // T4: no lease of the session is granted any more; C1: commits wait for
  // what was granted, from now on and not from the lease keeper's answer.
  if (r.in == session{})
    return;
  cover what{ctx_.shard, cover_kind::replica, term_, r.in};
  r.former.push_back({r.who, r.in, ctx_.uncover(r.who, what)});
}

bool primary_role::is_silent(const replica& r, boot_time now) const {
  auto over = [&](auto& x) { return x.until <= now; };
  return std::all_of(r.former.begin(), r.former.end(), over);
}

void primary_role::end_session(replica& r) {
  leave_session(r); // nothing of it counts any more
  r.in = session{};
  r.joined = false;
  r.joined_at = boot_time{};
  r.covered = false;
  r.snapshot.reset();
  r.acked = r.sent = r.told = sequence{};
  r.sent_bytes = 0;
}

void primary_role::on_join_request(const peer& from, const join_request& x,
                                   boot_time now) {
  if (x.to != ctx_.self.run || x.known > term_ || stopped())
    return;
  auto r = find(from.id);
  if (!r || from.run < r->who.run)
    return;
  if (r->ref.store != x.store) { // M3: another store is another replica
    r->replacement = x.store;
    return;
  }
  r->replacement = store_id{};
  if (r->dropped)
    return;
  if (r->who == from && r->in != session{}
      && (r->in == x.in || now - r->last_progress < ctx_.options.resend))
    return; // joined, or the answer is under way
  start_session(*r, from, now);
  if (x.complete && x.last >= ctx_.log.base())
    send_join(*r, now);
  else
    send_snapshot(*r, now);
}

void primary_role::send_join(replica& r, boot_time now) {
  r.last_join = now;
  join x;
  x.link = link_to(r);
  x.at = assigned_.at;
  x.base = ctx_.log.base();
  x.base_term = ctx_.log.base_term();
  x.committed = ctx_.state.committed();
  x.marks = ctx_.log.marks();
  ctx_.send(r.who.id, std::move(x));
}

void primary_role::on_joined(const peer& from, const joined& x, boot_time now) {
  auto r = find(from, x.link);
  if (!r || r->joined)
    return;
  if (x.shared < ctx_.log.base() || x.shared > ctx_.log.last()) {
    // Its log does not reach ours. It may have said so before: one snapshot a
    // session.
    if (!r->snapshot)
      send_snapshot(*r, now);
    return;
  }
  r->joined = true;
  r->acked = r->sent = x.shared;
  // T4: it dropped what it had of its former sessions before it joined.
  std::erase_if(r->former, [&](auto& y) { return y.who == from; });
  seek_lease(*r);
  tell_fenced(*r);
  progress(*r, x.shared, now);
  pump(*r);
}

void primary_role::send_snapshot(replica& r, boot_time now) {
  replica::transfer t;
  t.as_of = ctx_.state.committed();
  snapshot chunk;
  size_t bytes = 0;
  auto flush = [&](bool last) {
    chunk.link = link_to(r);
    chunk.at = assigned_.at;
    chunk.as_of = t.as_of;
    chunk.chunk = static_cast<uint32_t>(t.chunks.size());
    chunk.last = last;
    t.chunks.push_back(std::move(chunk));
    chunk = snapshot{};
    bytes = 0;
  };
  for (auto& row : ctx_.state.rows()) {
    bytes += row.key.size() + row.value.size() + 16;
    chunk.rows.push_back(std::move(row));
    if (bytes >= ctx_.options.chunk_bytes)
      flush(false);
  }
  flush(true);
  ctx_.note("snapshot_started", "to=" + r.who.id.value + " chunks="
                                  + std::to_string(t.chunks.size()));
  r.snapshot = std::move(t);
  r.last_progress = now;
  pump_snapshot(r);
}

void primary_role::pump_snapshot(replica& r) {
  constexpr uint32_t window = 4;
  if (!r.snapshot)
    return;
  auto& t = *r.snapshot;
  while (t.sent < t.chunks.size() && t.sent < t.acked + window)
    ctx_.send(r.who.id, t.chunks[t.sent++]);
}

void primary_role::on_snapshot_ack(const peer& from, const snapshot_ack& x,
                                   boot_time now) {
  auto r = find(from, x.link);
  if (!r || !r->snapshot || r->snapshot->as_of != x.as_of
      || x.chunk >= r->snapshot->chunks.size())
    return;
  auto& t = *r->snapshot;
  t.acked = std::max(t.acked, x.chunk + 1);
  t.sent = std::max(t.sent, t.acked);
  r->last_progress = now;
  if (t.acked < t.chunks.size()) {
    pump_snapshot(*r);
    return;
  }
  auto as_of = t.as_of;
  r->snapshot.reset();
  r->joined = true;
  r->acked = r->sent = as_of;
  std::erase_if(r->former, [&](auto& y) { return y.who == from; });
  seek_lease(*r);
  tell_fenced(*r);
  progress(*r, as_of, now);
  pump(*r);
}

void primary_role::pump(replica& r) {
  if (!r.joined || r.dropped)
    return;
  while (r.sent < ctx_.log.last()
         && r.sent_bytes < ctx_.options.unacknowledged_bytes_max) {
    prepare x;
    x.link = link_to(r);
    x.previous = r.sent;
    x.previous_term = ctx_.log.term_at(r.sent);
    x.committed = r.told = ctx_.state.committed();
    size_t bytes = 0;
    while (r.sent < ctx_.log.last() && bytes < ctx_.options.chunk_bytes) {
      r.sent = r.sent.next();
      auto& item = ctx_.log.at(r.sent);
      bytes += item.bytes.size();
      x.entries.push_back(item.bytes);
    }
    r.sent_bytes += bytes;
    ctx_.send(r.who.id, std::move(x));
  }
}

void primary_role::on_prepare_ack(const peer& from, const prepare_ack& x,
                                  boot_time now) {
  auto r = find(from, x.link);
  if (!r || !r->joined || x.upto > ctx_.log.last() || x.upto <= r->acked)
    return;
  auto before = r->acked;
  for (auto at = std::max(before, ctx_.state.committed()).next(); at <= x.upto;
       at = at.next()) {
    auto& entry = pending_[at.value - ctx_.state.committed().value - 1];
    entry.acks.push_back(
      {from, (now - entry.prepared_at).count(), false, ctx_.shard});
  }
  progress(*r, x.upto, now);
  pump(*r);
  try_commit(now);
}

void primary_role::seek_lease(const replica& r) {
  // It covers us from now on (T3); a learner's lease is watched too (M4).
  if (!r.counted)
    require();
  ctx_.emit(renew_effect{r.who.id});
}

void primary_role::tell_fenced(const replica& r) {
  if (fenced_ && r.joined && !r.dropped)
    ctx_.send(r.who.id, fence_done{link_to(r)});
}

void primary_role::progress(replica& r, sequence acked, boot_time now) {
  if (r.joined_at == boot_time{})
    r.joined_at = now;
  r.acked = acked;
  r.sent = std::max(r.sent, acked);
  r.sent_bytes = 0;
  r.last_progress = now;
  cover_if_whole(r);
}

bool primary_role::has_all(const replica& r) const {
  // The tail was acknowledged in a former term: who was primary then may have
  // committed it, and may still do so when it is told.
  auto tail = MUSTER_MUTANT(l4_tail_not_counted) ? sequence{} : tail_end_;
  return r.acked >= std::max(ctx_.state.committed(), tail);
}

void primary_role::cover_if_whole(replica& r) {
  // T3: covered only while it counts and has every committed entry.
  auto counts = r.counted && has_all(r);
  // T6: not while it is asked to leave.
  auto leaves = swap_ && swap_->target == r.ref
                && (swap_->what == swap_kind::drop
                    || swap_->what == swap_kind::dismiss);
  if (r.covered || !r.joined || r.dropped || leaves
      || (!counts && !MUSTER_MUTANT(t3_learner_covered)))
    return;
  r.covered = true;
  ctx_.emit(
    cover_effect{r.who, cover{ctx_.shard, cover_kind::replica, term_, r.in}});
}

void primary_role::tell_committed(replica& r) {
  if (!r.joined || r.dropped || r.told >= ctx_.state.committed())
    return;
  r.told = ctx_.state.committed();
  ctx_.send(r.who.id, commit{link_to(r), r.told});
}

void primary_role::tell_committed() {
  for (auto& [id, r] : replicas_)
    tell_committed(r);
}

void primary_role::on_link_up(const peer& who, boot_time now) {
  auto r = find(who.id);
  if (!r || r->who != who || r->in == session{} || r->dropped)
    return;
  // What was on the lost connection is lost: again from what is acknowledged.
  r->resent_at = now;
  r->sent = r->acked;
  r->sent_bytes = 0;
  if (r->snapshot)
    r->snapshot->sent = r->snapshot->acked;
  if (!r->joined && !r->snapshot)
    send_join(*r, now);
  pump_snapshot(*r);
  pump(*r);
  r->told = sequence{};
  tell_committed(*r);
}

} // namespace muster
