// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_disk.hpp"

#include <cassert>
#include <utility>

namespace muster::sim {

/// The store of one process.
class sim_store final : public store {
public:
  sim_store(sim_disk& disk, process_ptr process)
    : disk_(disk), process_(std::move(process)) {
    // nop
  }

  void write(std::vector<store_change> changes, callback then) override {
    sim_disk::call x;
    for (const auto& change : changes)
      x.bytes += change.bytes.size();
    x.changes = std::move(changes);
    x.then = std::move(then);
    enter(std::move(x));
  }

  void checkpoint(store_checkpoint what, callback then) override {
    sim_disk::call x;
    for (const auto& row : what.rows)
      x.bytes += row.key.size() + row.value.size();
    x.checkpoints.push_back(std::move(what));
    x.then = std::move(then);
    enter(std::move(x));
  }

  result<std::vector<recovered_shard>> recover() override {
    return disk_.recover();
  }

  store_id id() const override {
    return disk_.id();
  }

  size_t backlog_bytes() const override {
    return disk_.waiting_bytes_;
  }

  bool full() const override {
    return disk_.full_;
  }

  bool waits_for_room() const override {
    return disk_.full_ && !disk_.waiting_.empty();
  }

private:
  void enter(sim_disk::call x) {
    if (process_->alive())
      disk_.enter(std::move(x));
  }

  sim_disk& disk_;
  process_ptr process_;
};

sim_disk::sim_disk(sim_scheduler& scheduler, sim_random random,
                   const disk_options& options, sim_trace& trace,
                   machine_id owner)
  : scheduler_(scheduler), random_(std::move(random)), options_(options),
    trace_(trace), owner_(std::move(owner)), id_(random_.next()) {
  // nop
}

std::unique_ptr<store> sim_disk::open(const process_ptr& process) {
  assert(!process_ || !process_->alive());
  assert(waiting_.empty());
  process_ = process;
  stream_ = process->new_stream();
  failing_ = false;
  on_failed_ = nullptr;
  return std::make_unique<sim_store>(*this, process);
}

void sim_disk::crash() {
  auto kept = failing_ || full_ ? 0 : random_.below(waiting_.size() + 1);
  trace_.line(owner_.value, "disk_crashed",
              "waiting=" + std::to_string(waiting_.size())
                + " kept=" + std::to_string(kept));
  lost_count_ += waiting_.size() - kept;
  for (size_t i = 0; i < kept; ++i)
    apply(waiting_[i]);
  waiting_.clear();
  waiting_bytes_ = 0;
}

void sim_disk::wipe() {
  assert(!process_ || !process_->alive());
  trace_.line(owner_.value, "disk_wiped", "");
  images_.clear();
  damaged_.clear();
  given_up_ = false;
  id_ = store_id{random_.next()};
}

void sim_disk::set_full(bool full) {
  trace_.line(owner_.value, full ? "disk_full" : "disk_has_room", "");
  full_ = full;
  if (!full_ && !syncing_ && !waiting_.empty())
    begin_sync();
}

void sim_disk::mend() {
  if (on_failed_)
    failing_ = false;
  on_failed_ = nullptr;
  if (full_)
    set_full(false);
}

void sim_disk::enter(call x) {
  waiting_bytes_ += x.bytes;
  waiting_.push_back(std::move(x));
  if (!syncing_ && !full_)
    begin_sync();
}

void sim_disk::begin_sync() {
  syncing_ = true;
  trace_.point(owner_.value, "sync_begun");
  auto slow = random_.chance(options_.slow_permille);
  slow_count_ += slow ? 1 : 0;
  auto takes = slow ? random_.between(options_.sync_max, options_.slow_sync_max)
                    : random_.between(options_.sync_min, options_.sync_max);
  // What comes while this group is written waits for the next.
  scheduler_.after(takes, [this, count = waiting_.size(), by = process_] {
    syncing_ = false;
    if (by == process_ && by->alive())
      end_sync(count);
    if (!waiting_.empty() && !syncing_ && !full_)
      begin_sync();
  });
}

void sim_disk::end_sync(size_t count) {
  ++sync_count_;
  trace_.point(owner_.value, "sync_done");
  assert(count <= waiting_.size());
  if (failing_ && on_failed_)
    std::exchange(on_failed_, nullptr)();
  for (; count > 0; --count) {
    auto x = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= x.bytes;
    if (!failing_)
      apply(x);
    process_->deliver(stream_, [then = std::move(x.then), bad = failing_] {
      if (then)
        then(bad ? status{error{errc::io, "simulated disk error"}} : ok());
    });
  }
}

void sim_disk::apply(const call& x) {
  for (const auto& change : x.changes)
    apply(change);
  for (const auto& checkpoint : x.checkpoints)
    apply(checkpoint);
}

/// The asserts are the caller's part of the contract of `store`.
void sim_disk::apply(const store_change& x) {
  auto& shard = images_[x.shard];
  switch (x.what) {
    case store_change::kind::append:
      assert(x.at == shard.last().next());
      shard.entries.push_back(x.bytes);
      break;
    case store_change::kind::truncate:
      assert(x.at >= shard.checkpoint);
      if (x.at < shard.last())
        shard.entries.resize(x.at.value - shard.checkpoint.value);
      break;
    case store_change::kind::meta:
      assert(x.bytes.size() <= 64 * 1024);
      shard.meta = x.bytes;
      break;
    case store_change::kind::reset:
      shard.rows.clear();
      shard.entries.clear();
      shard.checkpoint = x.at;
  }
}

void sim_disk::apply(const store_checkpoint& x) {
  auto& shard = images_[x.shard];
  // A reset came after it was asked for.
  if (x.upto < shard.checkpoint)
    return;
  assert(x.upto <= shard.last());
  for (const auto& row : x.rows)
    if (row.deleted)
      shard.rows.erase(row.key);
    else
      shard.rows[row.key] = row.value;
  for (; shard.checkpoint < x.upto; shard.checkpoint = shard.checkpoint.next())
    shard.entries.pop_front();
}

result<std::vector<recovered_shard>> sim_disk::recover() const {
  if (!damaged_.empty()) {
    std::string names;
    for (auto shard : damaged_)
      names += " " + std::to_string(shard.value);
    return error{errc::corrupt, "damaged shards:" + names};
  }
  std::vector<recovered_shard> out;
  for (const auto& [shard, x] : images_) {
    auto& found = out.emplace_back();
    found.shard = shard;
    found.meta = x.meta;
    found.checkpoint = x.checkpoint;
    for (const auto& [key, value] : x.rows)
      found.rows.push_back({key, value, false});
    found.entries.assign(x.entries.begin(), x.entries.end());
  }
  return out;
}

} // namespace muster::sim
