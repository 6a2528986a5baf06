// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_replica.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

shard_replica::shard_replica(identity who, shard_options options,
                             const entry_codec& codec)
  : started_(who.started) {
  ctx_.shard = who.shard;
  ctx_.self = std::move(who.self);
  ctx_.store = who.store;
  ctx_.nonce_seed = who.nonce_seed;
  ctx_.options = options;
  ctx_.codec = &codec;
  ctx_.newest.shard = who.shard;
}

bool shard_replica::recover(recovered_replica x) {
  auto start_empty = [&] {
    ctx_.state = shard_state{};
    ctx_.pending.clear();
    ctx_.log.reset(sequence{}, term{}, 0);
    find_locks(ctx_);
    complete_ = false;
    damaged_ = true;
    return false;
  };
  shard_meta meta;
  if (!x.meta.empty() && !decode_meta(x.meta, meta))
    return start_empty();
  ctx_.highest = meta.highest; // L3
  complete_ = meta.complete;
  if (!ctx_.state.load(x.rows) || ctx_.state.committed() != x.checkpoint) {
    if (complete_)
      return start_empty();
    ctx_.state = shard_state{};
    return true; // a snapshot was being installed: a learner without state
  }
  checkpointed_ = x.checkpoint;
  ctx_.log.reset(x.checkpoint, ctx_.state.last_term(), ctx_.state.last_hash());
  find_locks(ctx_);
  for (auto& bytes : x.entries) {
    auto entry = ctx_.codec->decode(bytes);
    if (!entry || entry->at != ctx_.log.last().next())
      return start_empty();
    append_entry(ctx_, std::move(*entry), std::move(bytes));
  }
  return true;
}

void shard_replica::begin(shard_effects& out) {
  ctx_.out = &out;
#ifdef MUSTER_MUTANTS
  emit_held_back(ctx_);
#endif
}

void shard_replica::settle(boot_time) {
  // After every input: a checkpoint if due, and the log's window.
  auto whole = primary_ || (backup_ && backup_->ready());
  if (whole && !checkpointing_)
    checkpointing_ = checkpoint_if_due(ctx_, checkpointed_);
  auto keep = primary_ ? primary_->needed_from() : ctx_.state.committed();
  while (ctx_.log.bytes() > ctx_.options.window_bytes && ctx_.log.base() < keep)
    ctx_.log.trim(ctx_.log.base().next());
  ctx_.out = nullptr;
}

// -- messages of a replica ----------------------------------------------------

bool shard_replica::accepts(const peer& from, const flow& link) const {
  // T4, L3: meant for this incarnation, and not of a lower term.
  if (link.to != ctx_.self.run || from == ctx_.self)
    return false;
  if (link.of < ctx_.highest || link.of < ctx_.known)
    return false;
  if (primary_ && link.of <= primary_->of())
    return false;
  if (succession_ && link.of <= succession_->landed.of)
    return false;
  if (silent_for(link))
    return false;
  // A former session of the same primary.
  if (last_link_.of == link.of && link.in < last_link_.in)
    return false;
  return !backup_ || backup_->link().of < link.of
         || (backup_->primary() == from && backup_->link().in <= link.in);
}

bool shard_replica::silent_for(const flow& link) const {
  // M4: we asked to take over from this term, and the swap may land yet.
  return candidacy_ && candidacy_->asked && link.of <= candidacy_->former;
}

backup_role* shard_replica::backup_for(const peer& from, const flow& link) {
  return backup_ && backup_->primary() == from && backup_->link() == link
           ? backup_.get()
           : nullptr;
}

void shard_replica::stop_roles(bool drop_published) {
  auto had = primary_ || backup_;
  handed_.reset(); // F2: it was for the backup that this was
  if (primary_) {
    primary_->deny_held();
    ctx_.emit(home_stopped{ctx_.shard});
    ctx_.emit(release_effect{});
    primary_.reset();
  }
  if (backup_) {
    last_link_ = backup_->link();
    backup_->update_cover(false);
    backup_.reset();
  }
  if (had && drop_published)
    ctx_.emit(publish_drop{});
}

void shard_replica::on_message(const peer& from, const join& x, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (auto same = backup_for(from, x.link)) {
    invited_at_ = std::max(invited_at_, x.at);
    same->repeat_joined();
  } else if (accepts(from, x.link)) {
    invited_at_ = std::max(invited_at_, x.at);
    if (!candidacy_ || x.link.of > candidacy_->former) {
      candidacy_.reset();
      succession_.reset();
    }
    stop_roles(true);
    backup_ = std::make_unique<backup_role>(ctx_, from, x.link);
    heard_primary_ = now;
    backup_->update_cover(!candidacy_);
    if (complete_)
      backup_->start_join(x);
    if (x.link.of > ctx_.newest.of)
      ctx_.emit(refresh_effect{});
  }
  settle(now);
}

void shard_replica::on_message(const peer& from, const snapshot& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  auto role = backup_for(from, x.link);
  if (!role && accepts(from, x.link) && !candidacy_) {
    succession_.reset();
    stop_roles(true);
    backup_ = std::make_unique<backup_role>(ctx_, from, x.link);
    role = backup_.get();
  }
  if (role)
    invited_at_ = std::max(invited_at_, x.at);
  // L2: a replica of the in-sync set never gives up what it acknowledged.
  auto shortens = ctx_.newest.has(ctx_.me()) && complete_
                  && x.as_of < ctx_.log.last();
  if (role && role->has(x.as_of)) {
    role->repeat_snapshot_ack(x); // sent again; it has been installed
  } else if (role && !shortens && !checkpointing_) {
    heard_primary_ = now;
    // A chunk may be sent again after the checkpoint was written: only what
    // makes the snapshot whole begins one.
    auto was_whole = role->whole(x.as_of);
    role->on_snapshot(x);
    if (role->installing()) {
      complete_ = false;
      checkpointed_ = x.as_of;
      checkpointing_ = role->whole(x.as_of) && !was_whole;
    }
  }
  settle(now);
}

void shard_replica::on_message(const peer& from, const prepare& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  if (auto role = backup_for(from, x.link)) {
    heard_primary_ = now;
    role->on_prepare(x);
  }
  settle(now);
}

void shard_replica::on_message(const peer& from, const commit& x, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (auto role = backup_for(from, x.link))
    role->on_commit(x.upto);
  settle(now);
}

void shard_replica::on_message(const peer& from, const drop_replica& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  // T4: the drop is a newer session; afterwards nothing of the old one counts.
  if (accepts(from, x.link) && (!backup_ || backup_->link().in < x.link.in)) {
    if (backup_)
      stop_roles(true);
    last_link_ = x.link;
    auto answer = x.link;
    answer.to = from.run;
    ctx_.send(from.id, drop_ack{answer});
  }
  settle(now);
}

void shard_replica::on_message(const peer& from, const fence& x, boot_time now,
                               shard_effects& out) {
  begin(out);
  if (x.to == ctx_.self.run && x.of >= ctx_.known) {
    ctx_.known = x.of;
    auto lower = (primary_ && primary_->of() < x.of)
                 || (backup_ && backup_->link().of < x.of);
    if (lower)
      stop_roles(true);
    if (succession_ && succession_->landed.of < x.of)
      succession_.reset();
    if (x.of > ctx_.newest.of)
      ctx_.emit(refresh_effect{});
    ctx_.send(from.id, fence_ack{ctx_.shard, x.of, from.run});
  }
  settle(now);
}

// -- messages to a primary ----------------------------------------------------

#define MUSTER_TO_PRIMARY(type, function) \
  void shard_replica::on_message(const peer& from, const type& x, \
                                 boot_time now, shard_effects& out) { \
    begin(out); \
    if (primary_) \
      primary_->function(from, x, now); \
    settle(now); \
  }

MUSTER_TO_PRIMARY(join_request, on_join_request)
MUSTER_TO_PRIMARY(joined, on_joined)
MUSTER_TO_PRIMARY(snapshot_ack, on_snapshot_ack)
MUSTER_TO_PRIMARY(prepare_ack, on_prepare_ack)
MUSTER_TO_PRIMARY(drop_ack, on_drop_ack)
MUSTER_TO_PRIMARY(watch_request, on_watch)
MUSTER_TO_PRIMARY(handover_ack, on_handover_ack)

#undef MUSTER_TO_PRIMARY

#define MUSTER_TO_PRIMARY(type, function) \
  void shard_replica::on_message(const peer&, const type& x, boot_time now, \
                                 shard_effects& out) { \
    begin(out); \
    if (primary_) \
      primary_->function(x, now); \
    settle(now); \
  }

MUSTER_TO_PRIMARY(part_vote, on_vote)
MUSTER_TO_PRIMARY(part_decision, on_decision)
MUSTER_TO_PRIMARY(part_done, on_done)
MUSTER_TO_PRIMARY(part_question, on_question)

#undef MUSTER_TO_PRIMARY

void shard_replica::on_message(const peer& from, const fence_ack& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  if (primary_ && x.to == ctx_.self.run)
    primary_->on_fence_ack(from, x, now);
  settle(now);
}

void shard_replica::on_message(const peer& from, const read_request& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  read_reply none;
  none.ticket = x.ticket;
  ctx_.send(from.id, primary_ ? primary_->on_read(x, now) : none);
  settle(now);
}

void shard_replica::on_message(const peer& from, const list_request& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  list_reply none;
  none.ticket = x.ticket;
  none.shard = ctx_.shard;
  ctx_.send(from.id, primary_ ? primary_->on_list(x, now) : std::move(none));
  settle(now);
}

void shard_replica::on_submit(const home_submit& x, boot_time now,
                              shard_effects& out) {
  begin(out);
  if (primary_) {
    primary_->on_submit(x, now);
  } else {
    verdict v;
    v.slot = x.what.slot;
    v.id = x.what.what.id;
    v.attempt = x.what.attempt;
    v.what = outcome::unavailable;
    v.detail = "not the home of the shard";
    ctx_.send(x.origin.id, std::move(v));
  }
  settle(now);
}

void shard_replica::on_part(const home_part& x, boot_time now,
                            shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_part(x, now);
  settle(now);
}

void shard_replica::on_copy_ask(const copy_ask& x, boot_time now,
                                shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_copy_ask(x, now);
  settle(now);
}

void shard_replica::on_holders_ready(const holders_ready& x, boot_time now,
                                     shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_holders_ready(x, now);
  settle(now);
}

void shard_replica::on_policy_ask(const policy_ask& x, boot_time now,
                                  shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_policy_ask(x, now);
  settle(now);
}

std::string shard_replica::state_text(boot_time now) const {
  if (primary_)
    return primary_->state_text(now);
  if (backup_)
    return backup_->ready() ? "backup" : "joining";
  return candidacy_ ? "taking over" : "waiting";
}

void shard_replica::check_invariants() const {
  assert(!(primary_ && backup_));
  assert(ctx_.state.committed() <= ctx_.log.last());
  assert(ctx_.log.base() <= ctx_.state.committed());
  for (auto& [id, part] : ctx_.state.prepared()) // P2
    for (auto& key : part.keys) {
      assert(ctx_.locked.count(key) > 0);
      static_cast<void>(key);
    }
  if (primary_) {
    assert(primary_->of() == ctx_.highest);
    primary_->check_invariants();
  }
  if (backup_)
    assert(backup_->link().of <= ctx_.highest);
}

} // namespace muster
