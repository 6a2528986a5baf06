// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/log_index.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster {

namespace {

error broken(const store_change& x, std::string why) {
  return {errc::invalid_argument, "shard " + std::to_string(x.shard.value)
                                    + ", entry " + std::to_string(x.at.value)
                                    + ": " + std::move(why)};
}

} // namespace

log_position log_index::shard_log::next_position(uint64_t group) const {
  return tail.group == group ? tail : log_position{group, 0};
}

void log_index::restore(shard_id shard, sequence checkpoint, log_position floor,
                        std::string meta) {
  auto& log = shards_[shard];
  assert(log.groups.empty() && log.runs.empty());
  log.checkpoint = checkpoint;
  log.last = checkpoint;
  log.floor = floor;
  log.meta = std::move(meta);
}

void log_index::replay_group(uint64_t group) {
  // Groups that turn out to be needed by nobody are found by this.
  pins_.emplace(group, 0);
}

result<bool> log_index::replay(uint64_t group, const store_change& x) {
  auto& log = shards_[x.shard];
  auto where = log.next_position(group);
  if (where < log.floor) {
    if (group == log.floor.group)
      pin(group, log);
    log.tail = {group, where.ordinal + 1};
    return false;
  }
  if (auto done = apply(group, x); !done)
    return done.failure();
  return true;
}

uint64_t log_index::finish_replay() {
  auto next = pins_.empty() ? uint64_t{1} : pins_.rbegin()->first + 1;
  for (auto& [shard, log] : shards_)
    next = std::max(next, log.floor.group);
  for (auto& [group, count] : pins_)
    if (count == 0)
      unneeded_.push_back(group);
  std::erase_if(pins_, [](auto& pin) { return pin.second == 0; });
  return next;
}

status log_index::apply(uint64_t group, const store_change& x) {
  auto& log = shards_[x.shard];
  assert(log.tail.group <= group);
  auto where = log.next_position(group);
  auto done = ok();
  switch (x.what) {
    case store_change::kind::append:
      done = append(where, log, x);
      break;
    case store_change::kind::truncate:
      done = truncate(log, x);
      break;
    case store_change::kind::meta:
      if (x.bytes.size() > meta_bytes_max)
        done = broken(x, "meta is larger than 64 KiB");
      else
        log.meta = x.bytes;
      break;
    case store_change::kind::reset:
      log.runs.clear();
      log.checkpoint = x.at;
      log.last = x.at;
      log.stale_rows = true;
      break;
  }
  if (done) {
    pin(group, log);
    log.tail = {group, where.ordinal + 1};
  }
  return done;
}

status log_index::append(log_position where, shard_log& log,
                         const store_change& x) {
  if (x.at != log.last.next())
    return broken(x, "appended after entry " + std::to_string(log.last.value));
  auto* run = log.runs.empty() ? nullptr : &log.runs.back();
  auto follows = run != nullptr && run->at.group == where.group
                 && where.ordinal - run->at.ordinal
                      == x.at.value - run->first.value;
  if (!follows)
    log.runs.push_back({x.at, where});
  log.last = x.at;
  return ok();
}

status log_index::truncate(shard_log& log, const store_change& x) {
  if (x.at < log.checkpoint)
    return broken(x, "truncated below the checkpoint at "
                       + std::to_string(log.checkpoint.value));
  while (!log.runs.empty() && log.runs.back().first > x.at)
    log.runs.pop_back();
  log.last = std::min(log.last, x.at);
  return ok();
}

status log_index::checkpoint(uint64_t group, shard_id shard, sequence upto) {
  auto& log = shards_[shard];
  if (upto < log.checkpoint || upto > log.last)
    return error{errc::invalid_argument,
                 "shard " + std::to_string(shard.value) + ": a checkpoint at "
                   + std::to_string(upto.value) + " is not within "
                   + std::to_string(log.checkpoint.value) + " to "
                   + std::to_string(log.last.value)};
  log.checkpoint = upto;
  while (log.runs.size() > 1 && log.runs[1].first <= upto.next())
    log.runs.pop_front();
  if (upto == log.last) {
    log.runs.clear();
    raise_floor(log, log.next_position(group));
    return ok();
  }
  assert(!log.runs.empty());
  auto& run = log.runs.front();
  assert(run.first <= upto.next());
  run.at.ordinal += static_cast<uint32_t>(upto.next().value - run.first.value);
  run.first = upto.next();
  raise_floor(log, run.at);
  return ok();
}

std::vector<shard_id> log_index::idle_shards(uint64_t group) const {
  std::vector<shard_id> result;
  for (auto& [shard, log] : shards_)
    if (log.checkpoint == log.last && !log.groups.empty()
        && log.groups.back() < group)
      result.push_back(shard);
  return result;
}

std::vector<uint64_t> log_index::take_unneeded() {
  return std::exchange(unneeded_, {});
}

void log_index::pin(uint64_t group, shard_log& log) {
  if (!log.groups.empty() && log.groups.back() == group)
    return;
  log.groups.push_back(group);
  ++pins_[group];
}

void log_index::raise_floor(shard_log& log, log_position floor) {
  assert(floor >= log.floor);
  log.floor = floor;
  while (!log.groups.empty() && log.groups.front() < floor.group) {
    auto i = pins_.find(log.groups.front());
    assert(i != pins_.end() && i->second > 0);
    if (--i->second == 0) {
      unneeded_.push_back(i->first);
      pins_.erase(i);
    }
    log.groups.pop_front();
  }
}

} // namespace muster
