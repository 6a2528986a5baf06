// SPDX-License-Identifier: Apache-2.0

// The part of `shard_replica` that takes a shard over by a planned move (F2),
// passes orders on, and leaves a shard that is assigned elsewhere.

#include "registry/mutants.hpp"
#include "registry/shard_replica.hpp"

namespace muster {

void shard_replica::on_message(const peer& from, const handover& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  auto role = backup_for(from, x.link);
  auto& next = x.proposed;
  // L2: whoever has asked to be swapped in acts on its own swap only.
  if (role && role->ready() && !candidacy_ && !succession_
      && !own_clock_doubted_ && next.primary == ctx_.self.id
      && next.primary_run == ctx_.self.run && next.has(ctx_.me())
      && next.writer != nonce{}) {
    heard_primary_ = now;
    handed_ = x; // the newest only: an earlier one is of another nonce
    auto link = x.link;
    link.to = from.run;
    ctx_.send(from.id, handover_ack{link, next.writer});
  }
  settle(now);
}

void shard_replica::on_message(const peer& from, const handover_landed& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  if (backup_for(from, x.link) && handed_
      && handed_->proposed.writer == x.writer) {
    take_handed(x.at);
    ctx_.emit(refresh_effect{});
  }
  settle(now);
}

void shard_replica::take_handed(epoch at) {
  auto& newest = ctx_.newest;
  auto read = newest.at == at; // else its old primary has told
  if (MUSTER_MUTANT(f2_directory_not_waited) && !handed_ && backup_ && read
      && newest.of.value == at.value) {
    handed_ = handover{backup_->link(), newest, {}, {}, {}};
  }
  // F2: exactly this swap; and no other has been made in its term.
  if (!handed_ || (read && newest.writer != handed_->proposed.writer))
    return;
  succession s;
  s.landed = handed_->proposed;
  s.former = handed_->link.of;
  s.handed = std::move(*handed_);
  candidacy_.reset();
  succeed(std::move(s), at);
}

void shard_replica::on_message(const peer& from, const fence_done& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  if (backup_for(from, x.link))
    ctx_.fenced = std::max(ctx_.fenced, x.link.of);
  settle(now);
}

void shard_replica::on_message(const peer& from, const move_request& x,
                               boot_time now, shard_effects& out) {
  begin(out);
  move_reply answer;
  answer.ticket = x.ticket;
  answer.detail = primary_ ? primary_->on_order(x.what, now)
                           : "not the home of the shard";
  answer.accepted = answer.detail.empty();
  ctx_.send(from.id, std::move(answer));
  settle(now);
}

void shard_replica::on_order(const move_order& x, boot_time now,
                             shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_order(x, now);
  settle(now);
}

void shard_replica::on_directory_told(const directory_told& x, boot_time now,
                                      shard_effects& out) {
  begin(out);
  if (primary_)
    primary_->on_directory_told(x, now);
  settle(now);
}

void shard_replica::leave_shard(const assignment& x) {
  // It was replaced: what it has is of no use to anybody, the in-sync set has
  // it all. A checkpoint that is being written would bring some of it back. An
  // assignment that is no newer than an invitation says nothing of it: what it
  // acknowledged since may be counted on.
  auto empty = ctx_.log.last() == sequence{} && complete_;
  if (x.at <= invited_at_ || x.primary == machine_id{} || x.names(ctx_.self.id)
      || empty || checkpointing_ || candidacy_ || succession_ || primary_)
    return;
  stop_roles(true);
  ctx_.note("shard_left", "last=" + std::to_string(ctx_.log.last().value)
                            + " at=" + std::to_string(x.at.value));
  ctx_.pending.clear();
  ctx_.state = shard_state{};
  ctx_.log.reset(sequence{}, term{}, 0);
  find_locks(ctx_);
  ctx_.applied_bytes = 0;
  checkpointed_ = sequence{};
  complete_ = true;
  ctx_.persist({log_change{log_change::kind::reset, {}, {}},
                log_change{log_change::kind::meta,
                           {},
                           encode_meta({ctx_.highest, true})}});
}

} // namespace muster
