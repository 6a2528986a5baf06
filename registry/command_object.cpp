// SPDX-License-Identifier: Apache-2.0
#include "registry/command_object.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

command_object::command_object(command_object_options options)
  : options_(options) {
  // nop
}

void command_object::start(request x, const surroundings& where, boot_time now,
                           sends& out) {
  assert(!busy_);
  request_ = std::move(x);
  busy_ = true;
  client_told_born_ = request_.born != sequence{};
  if (!client_told_born_)
    request_.born = where.known;
  created_ = now;
  attempts_ = 0;
  denied_.clear();
  relayed_ = lost_at_relay_ = false;
  pause_ = options_.retry_min;
  last_detail_.clear();
  story_ = story{};
  story_.id = request_.what.id;
  story_.shard = request_.shard;
  for (auto other : where.others)
    story_.others.push_back(other->shard);
  story_.operations = without_values(request_.what.operations);
  participant origin;
  origin.who = where.self;
  origin.address = where.self_address;
  origin.reason = participation::origin;
  origin.enlisted_by = where.self.id;
  add(std::move(origin), now);
  attempt(where, now, out);
}

void command_object::attempt(const surroundings& where, boot_time now,
                             sends& out) {
  if (!where.home || where.home->primary == machine_id{}) {
    last_detail_ = "the shard has no primary";
    waiting_ = false;
    next_attempt_ = now + pause_;
    return;
  }
  add_participants(where, *where.home, now);
  for (auto other : where.others)
    add_participants(where, *other, now);
  ++attempts_;
  story_.attempts = attempts_;
  attempted_ = now;
  asked_ = {where.home->primary, where.home->primary_run};
  waiting_ = true;
  // Whatever becomes of the switch, the next attempt is none of its.
  relayed_ = attempts_ == 1 && where.relay != machine_id{}
             && where.home->primary != where.self.id;
  out.emplace_back(relayed_ ? where.relay : where.home->primary,
                   submit{request_.shard, request_.slot, request_.what,
                          attempts_, request_.born});
}

void command_object::add_participants(const surroundings& where,
                                      const assignment& of, boot_time now) {
  for (auto& ref : of.in_sync) {
    participant x;
    x.who.id = ref.id;
    auto home = ref.id == of.primary;
    if (home)
      x.who.run = of.primary_run;
    x.address = where.address(ref.id);
    x.shard = of.shard;
    x.reason = home ? participation::home : participation::backup;
    x.enlisted_by = where.self.id;
    add(std::move(x), now);
  }
}

void command_object::add(participant x, boot_time now) {
  // The agent counts holders by incarnation; a backup's is not known here.
  auto same = [&](auto& y) {
    return y.who.id == x.who.id && y.shard == x.shard && y.reason == x.reason
           && y.prefix == x.prefix;
  };
  auto& all = story_.participants;
  if (std::any_of(all.begin(), all.end(), same))
    return;
  x.enlisted_after_ns = (now - created_).count();
  all.push_back(std::move(x));
}

void command_object::on_enlist(const enlist& x, boot_time now) {
  if (!busy_ || x.id != id())
    return;
  for (auto& p : x.who)
    add(p, now);
}

story command_object::told_at(boot_time now) const {
  auto out = story_;
  out.duration_ns = (now - created_).count();
  return out;
}

command_answer command_object::finish(outcome what, std::string detail,
                                      boot_time now) {
  busy_ = false;
  story_.what = what;
  story_.detail = detail;
  story_.duration_ns = (now - created_).count();
  command_answer out;
  out.id = id();
  out.what = what;
  out.version = story_.version;
  out.detail = std::move(detail);
  out.born = request_.born;
  return out;
}

std::optional<command_answer> command_object::on_verdict(const verdict& x,
                                                         boot_time now) {
  if (!busy_ || x.id != id() || x.attempt == 0 || x.attempt > attempts_)
    return std::nullopt;
  switch (x.what) {
    case outcome::committed: {
      note_acknowledgements(x);
      story_.version = x.version;
      story_.otherwise = x.otherwise;
      if (x.otherwise)
        story_.operations = without_values(request_.what.otherwise);
      auto out = finish(outcome::committed, {}, now);
      out.counters = x.counters;
      out.otherwise = x.otherwise;
      return out;
    }
    case outcome::refused:
      return on_refused(x, now);
    case outcome::unavailable:
      denied_.insert(x.attempt);
      last_detail_ = x.detail;
      if (x.attempt == attempts_) {
        waiting_ = false;
        next_attempt_ = now + jittered(pause_);
        pause_ = std::min(pause_ * 2, options_.retry_max);
      }
      return std::nullopt;
    case outcome::unknown:
      return on_unknown(x, now);
    case outcome::pending:
      return std::nullopt;
  }
  return std::nullopt;
}

nanoseconds command_object::jittered(nanoseconds pause) const {
  auto seed = std::hash<std::string>{}(request_.what.id.value) + attempts_;
  seed *= 0x9E3779B97F4A7C15ULL;
  auto permille = static_cast<int64_t>((seed >> 32) % 500);
  return pause - pause * permille / 1000;
}

std::optional<command_answer> command_object::on_refused(const verdict& x,
                                                         boot_time now) {
  // C3: an unlogged refusal is believed only if no other attempt was sent.
  if (x.logged || attempts_ == 1) {
    auto out = finish(outcome::refused, x.detail, now);
    out.id_reused = x.id_reused;
    return out;
  }
  if (x.attempt == attempts_) {
    waiting_ = false;
    next_attempt_ = now;
  }
  return std::nullopt;
}

std::optional<command_answer> command_object::on_unknown(const verdict& x,
                                                         boot_time now) {
  // The only attempt of an id that was made here: it cannot be a forgotten
  // one. A client that tells no `born` asks for no more than the window (C3).
  auto no_older = !is_client_id(id()) || !client_told_born_;
  if (x.below_floor && attempts_ == 1 && no_older) {
    request_.born = x.reached;
    waiting_ = false;
    next_attempt_ = now;
    denied_.insert(x.attempt);
    return std::nullopt;
  }
  return finish(outcome::unknown, x.detail, now);
}

void command_object::note_acknowledgements(const verdict& x) {
  // A shard that decides acknowledges twice, its part and its decision: the
  // first one counts.
  for (auto i = x.acknowledged.rbegin(); i != x.acknowledged.rend(); ++i)
    for (auto& p : story_.participants) {
      auto& ack = *i;
      auto replica = p.reason == participation::backup
                     || p.reason == participation::home;
      if (p.who.id != ack.who.id || p.shard != ack.shard
          || p.reason == participation::origin)
        continue;
      if (replica)
        p.who.run = ack.who.run;
      else if (p.who.run != ack.who.run)
        continue;
      p.acknowledged_after_ns = ack.after_ns;
      p.expelled = ack.expelled;
    }
}

std::optional<command_answer>
command_object::on_tick(const surroundings& where, boot_time now, sends& out) {
  if (!busy_)
    return std::nullopt;
  if (now >= request_.deadline || attempts_ >= options_.attempts_max) {
    if (denied_.size() == attempts_)
      return finish(outcome::unavailable, last_detail_, now);
    return finish(outcome::unknown,
                  "no verdict before the deadline; the same id tells later",
                  now);
  }
  auto silent = waiting_ && now - attempted_ >= options_.attempt_timeout;
  lost_at_relay_ = silent && relayed_;
  auto moved = waiting_ && where.home && where.home->primary != machine_id{}
               && peer{where.home->primary, where.home->primary_run} != asked_;
  if (silent || moved || (!waiting_ && now >= next_attempt_))
    attempt(where, now, out);
  return std::nullopt;
}

} // namespace muster
