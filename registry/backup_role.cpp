// SPDX-License-Identifier: Apache-2.0
#include "registry/backup_role.hpp"

#include "registry/mutants.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

backup_role::backup_role(shard_context& ctx, peer primary, flow link)
  : ctx_(ctx), primary_(std::move(primary)), link_(link) {
  assert(link_.to == ctx_.self.run);
  ctx_.highest = std::max(ctx_.highest, link_.of);
  ctx_.known = std::max(ctx_.known, link_.of);
  ctx_.emit(publish_drop{}); // T4: nothing of the former session is served
}

flow backup_role::reply_link() const {
  auto out = link_;
  out.to = primary_.run;
  return out;
}

void backup_role::start_join(const join& x) {
  auto shared = ctx_.log.shared_with(x.base, x.base_term, x.marks);
  if (!shared || *shared < ctx_.state.committed()) {
    // Nothing is promised in this term but that a snapshot is needed.
    shared_ = nothing_shared;
    ctx_.send(primary_.id, joined{reply_link(), ctx_.store, nothing_shared});
    return;
  }
  shared_ = durable_ = *shared;
  heard_ = x.committed;
  std::vector<log_change> changes;
  if (ctx_.log.last() > *shared && !MUSTER_MUTANT(l3_not_truncated)) {
    ctx_.note("log_cut", "after=" + std::to_string(shared->value)
                           + " last=" + std::to_string(ctx_.log.last().value));
    truncate_log(ctx_, *shared);
    changes.push_back({log_change::kind::truncate, *shared, {}});
  }
  auto written = MUSTER_MUTANT(l3_term_not_durable) ? term{} : ctx_.highest;
  changes.push_back({log_change::kind::meta, {}, encode_meta({written, true})});
  ready_token_ = ctx_.persist(std::move(changes));
}

void backup_role::become_ready() {
  ready_ = true;
  ready_token_ = 0;
  publish_all(ctx_, served_from::backup, link_.of, link_.in);
  on_commit(heard_);
  repeat_joined();
  update_cover(may_cover_);
}

void backup_role::repeat_joined() {
  if (ready_)
    ctx_.send(primary_.id, joined{reply_link(), ctx_.store, shared_});
}

void backup_role::repeat_snapshot_ack(const snapshot& x) {
  ctx_.send(primary_.id, snapshot_ack{reply_link(), x.as_of, x.chunk});
}

void backup_role::on_durable(uint64_t token) {
  if (token == ready_token_) {
    if (installing_) {
      auto chunk = installing_->next - 1;
      ctx_.send(primary_.id,
                snapshot_ack{reply_link(), installing_->as_of, chunk});
      shared_ = installing_->as_of;
      installing_.reset();
    }
    become_ready();
    return;
  }
  auto i = durable_at_.find(token);
  if (i == durable_at_.end())
    return;
  durable_ = std::max(durable_, i->second);
  durable_at_.erase(i);
  acknowledge();
  on_commit(heard_);
}

void backup_role::acknowledge() {
  ctx_.send(primary_.id, prepare_ack{reply_link(), durable_});
}

bool backup_role::append(const std::string& bytes,
                         std::vector<log_change>& changes) {
  auto entry = ctx_.codec->decode(bytes);
  if (!entry) {
    ctx_.note("bad_entry", entry.failure().message, true);
    return false;
  }
  if (entry->at <= ctx_.log.last())
    return true; // sent again
  if (entry->at != ctx_.log.last().next()
      || entry->of < ctx_.log.term_at(ctx_.log.last()))
    return false;
  auto at = entry->at;
  // 3.3.4: marked before it is acknowledged, silent until the commit.
  if (auto keys = keys_of(*entry);
      !keys.empty() && !MUSTER_MUTANT(p334_backup_not_silent))
    ctx_.emit(publish_invalid{std::move(keys)});
  append_entry(ctx_, std::move(*entry), bytes);
  changes.push_back({log_change::kind::append, at, bytes});
  return true;
}

void backup_role::on_prepare(const prepare& x) {
  if (!ready_)
    return;
  // L1: a gap or another predecessor is refused; the primary sends again
  // from what was acknowledged.
  if (x.previous > ctx_.log.last())
    return;
  if (x.previous >= ctx_.log.base()
      && ctx_.log.term_at(x.previous) != x.previous_term) {
    ctx_.note("predecessor_mismatch", "at=" + std::to_string(x.previous.value),
              true);
    return;
  }
  std::vector<log_change> changes;
  for (auto& bytes : x.entries)
    if (!append(bytes, changes))
      break;
  heard_ = std::max(heard_, x.committed);
  if (changes.empty()) {
    acknowledge();
  } else {
    auto token = ctx_.persist(std::move(changes));
    durable_at_[token] = ctx_.log.last();
    if (MUSTER_MUTANT(i3_not_synced)) {
      durable_ = ctx_.log.last();
      acknowledge();
    }
  }
  on_commit(heard_);
}

void backup_role::on_commit(sequence upto) {
  heard_ = std::max(heard_, upto);
  if (!ready_)
    return;
  auto decided = std::min(heard_, durable_);
  if (decided > ctx_.state.committed())
    apply_and_publish(ctx_, decided, false, ctx_.log.last());
}

void backup_role::on_snapshot(const snapshot& x) {
  if (x.chunk == 0 && (!installing_ || installing_->as_of != x.as_of)) {
    // It may have been ready: the primary's log began after what we share.
    ready_ = false;
    ready_token_ = 0; // of another snapshot, which is not the one that counts
    durable_at_.clear();
    installing_ = transfer{x.as_of, 0, false, {}};
    ctx_.emit(publish_drop{});
    ctx_.pending.clear();
    ctx_.state = shard_state{};
    ctx_.log.reset(sequence{}, term{}, 0);
    find_locks(ctx_);
    ctx_.persist({log_change{log_change::kind::meta,
                             {},
                             encode_meta({ctx_.highest, false})},
                  log_change{log_change::kind::reset, x.as_of, {}}});
  }
  if (!installing_ || installing_->as_of != x.as_of || installing_->whole)
    return;
  auto& t = *installing_;
  if (x.chunk < t.next)
    ctx_.send(primary_.id, snapshot_ack{reply_link(), x.as_of, x.chunk});
  if (x.chunk != t.next)
    return;
  ++t.next;
  t.rows.insert(t.rows.end(), x.rows.begin(), x.rows.end());
  if (x.last)
    install();
  else
    ctx_.send(primary_.id, snapshot_ack{reply_link(), x.as_of, x.chunk});
}

void backup_role::install() {
  auto& t = *installing_;
  if (!ctx_.state.load(t.rows) || ctx_.state.committed() != t.as_of) {
    ctx_.note("bad_snapshot", "as_of=" + std::to_string(t.as_of.value), true);
    ctx_.state = shard_state{};
    installing_.reset();
    return;
  }
  t.whole = true;
  ctx_.log.reset(t.as_of, ctx_.state.last_term(), ctx_.state.last_hash());
  find_locks(ctx_);
  durable_ = heard_ = t.as_of;
  checkpoint_effect effect{t.as_of, {}};
  for (auto& row : t.rows)
    effect.rows.push_back({std::move(row.key), std::move(row.value), false});
  t.rows.clear();
  ctx_.emit(std::move(effect));
}

void backup_role::on_checkpoint(sequence upto) {
  if (installing_ && installing_->whole && upto == installing_->as_of)
    ready_token_ = ctx_.persist({log_change{
      log_change::kind::meta, {}, encode_meta({ctx_.highest, true})}});
}

void backup_role::on_lease(const cover& what, boot_time end) {
  // T4: a lease of another session is not ours.
  if (ready_ && what.of == link_.of && what.in == link_.in)
    ctx_.emit(publish_lease{link_.of, link_.in, end});
}

void backup_role::on_lease_lost(const cover& what) {
  if (ready_ && what.of == link_.of && what.in == link_.in)
    ctx_.emit(publish_lease{link_.of, link_.in, boot_time{}});
}

void backup_role::update_cover(bool may_cover) {
  may_cover_ = may_cover;
  auto named = ctx_.newest.primary == primary_.id && ctx_.newest.of == link_.of
               && ctx_.newest.primary_run == primary_.run;
  auto want = ready_ && may_cover && named && ctx_.known <= link_.of;
  if (want == covering_)
    return;
  covering_ = want;
  cover what{ctx_.shard, cover_kind::authority, link_.of, session{}};
  if (want)
    ctx_.emit(cover_effect{primary_, what});
  else
    ctx_.uncover(primary_, what);
}

} // namespace muster
