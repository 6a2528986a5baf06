// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/level_store.hpp"

#include "runtime/store/store_files.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <filesystem>
#include <pthread.h>

namespace muster {

namespace {

/// What a change costs beside its bytes, so that empty ones are bounded too.
constexpr size_t change_overhead_bytes = 32;

size_t size_of(const std::vector<store_change>& changes) {
  auto size = size_t{0};
  for (auto& x : changes)
    size += x.bytes.size() + change_overhead_bytes;
  return size;
}

size_t size_of(const store_checkpoint& x) {
  auto size = size_t{0};
  for (auto& row : x.rows)
    size += row.key.size() + row.value.size() + change_overhead_bytes;
  return size;
}

/// How often a full disk is looked at.
constexpr std::chrono::milliseconds room_pause{200};

/// A disk that cannot be asked counts as empty: a write will say what is wrong.
uint64_t free_bytes(const level_store_options& options) {
  if (options.free_bytes)
    return options.free_bytes();
  auto code = std::error_code{};
  auto space = std::filesystem::space(options.directory, code);
  return code ? UINT64_MAX : space.available;
}

} // namespace

level_store::level_store(level_store_options options,
                         std::unique_ptr<store_files> files)
  : options_(std::move(options)), files_(std::move(files)),
    batch_(std::make_unique<leveldb::WriteBatch>()) {
  // nop
}

result<std::unique_ptr<level_store>>
level_store::open(level_store_options options) {
  auto files = store_files::open(options);
  if (!files)
    return files.failure();
  return std::unique_ptr<level_store>{
    new level_store{std::move(options), std::move(*files)}};
}

level_store::~level_store() {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  gathered_.notify_one();
  files_->wait_for_room(false);
  thread_.join();
}

result<std::vector<recovered_shard>> level_store::recover() {
  assert(!thread_.joinable());
  auto found = files_->recover(index_);
  if (found) {
    next_group_ = index_.finish_replay();
    files_->wait_for_room(true);
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "muster-store");
  }
  return found;
}

bool level_store::full() const {
  return full_.load(std::memory_order_relaxed) || files_->waits_for_room();
}

bool level_store::waits_for_room() const {
  return waits_.load(std::memory_order_relaxed) || files_->waits_for_room();
}

store_id level_store::id() const {
  return files_->id();
}

result<std::string> level_store::note() const {
  return files_->note();
}

status level_store::set_note(const std::string& x) {
  return files_->set_note(x);
}

void level_store::set_note_later(std::string x) {
  auto size = x.size();
  enqueue({std::move(x), {}, size});
}

store_probe level_store::probe() const {
  store_probe x;
  x.groups_count = groups_count_.load(std::memory_order_relaxed);
  x.changes_count = changes_count_.load(std::memory_order_relaxed);
  x.checkpoints_count = checkpoints_count_.load(std::memory_order_relaxed);
  x.written_bytes = written_bytes_.load(std::memory_order_relaxed);
  x.sync_time = std::chrono::nanoseconds{
    sync_nanoseconds_.load(std::memory_order_relaxed)};
  return x;
}

void level_store::write(std::vector<store_change> changes, callback then) {
  auto size = size_of(changes);
  enqueue({std::move(changes), std::move(then), size});
}

void level_store::checkpoint(store_checkpoint x, callback then) {
  auto size = size_of(x);
  enqueue({std::move(x), std::move(then), size});
}

void level_store::enqueue(call x) {
  assert(thread_.joinable());
  backlog_bytes_.fetch_add(x.size_bytes, std::memory_order_relaxed);
  auto wake = false;
  {
    std::lock_guard guard{mutex_};
    queue_.push_back(std::move(x));
    // During a sync nobody waits for the condition: no system call then.
    wake = std::exchange(sleeping_, false);
  }
  if (wake)
    gathered_.notify_one();
}

// -- the store's thread -------------------------------------------------------

void level_store::run() {
  while (take())
    for (auto begin = size_t{0}; begin < taken_.size();) {
      auto end = group_end(begin);
      commit(begin, end);
      begin = end;
    }
}

bool level_store::take() {
  taken_.clear();
  std::unique_lock guard{mutex_};
  while (queue_.empty() && !stopping_) {
    sleeping_ = true;
    // While nothing is written, somebody has to notice that there is room.
    if (!full())
      gathered_.wait(guard);
    else if (gathered_.wait_for(guard, room_pause) == std::cv_status::timeout)
      full_ = free_bytes(options_) < options_.reserve_bytes;
  }
  sleeping_ = false;
  gather(guard);
  queue_.swap(taken_);
  return !taken_.empty();
}

void level_store::gather(std::unique_lock<std::mutex>& guard) {
  auto time = gather_time(options_, encoder_.count(), last_write_time_);
  if (time.count() > 0)
    gathered_.wait_for(guard, time, [this] { return stopping_; });
}

level_store::duration
level_store::gather_time(const level_store_options& options,
                         size_t last_changes, duration last_write_time) {
  if (last_changes < options.gather_changes)
    return duration{0};
  return std::min(2 * last_write_time, duration{options.gather_time_max});
}

size_t level_store::group_end(size_t begin) const {
  // One checkpoint a group: it bounds what the group's writes wait for, and
  // the rows that a later one deletes must be on the disk to be found.
  auto is_checkpoint = [this](size_t i) {
    return std::holds_alternative<store_checkpoint>(taken_[i].what);
  };
  auto size = taken_[begin].size_bytes;
  auto has_checkpoint = is_checkpoint(begin);
  auto end = begin + 1;
  for (; end < taken_.size(); ++end) {
    size += taken_[end].size_bytes;
    if (size > options_.group_bytes_max
        || (has_checkpoint && is_checkpoint(end)))
      break;
    has_checkpoint = has_checkpoint || is_checkpoint(end);
  }
  return end;
}

void level_store::commit(size_t begin, size_t end) {
  auto culprit = end;
  auto outcome = status{error{errc::io, "the store has failed"}};
  if (!failed() && !wait_for_room())
    outcome = error{errc::io, "the store ends, and its disk is full"};
  else if (!failed())
    outcome = write_group(begin, end, culprit);
  failed_.store(!outcome, std::memory_order_relaxed);
  answer(begin, end, culprit, outcome);
}

bool level_store::wait_for_room() {
  if (options_.reserve_bytes == 0)
    return true;
  for (;;) {
    auto free = free_bytes(options_);
    full_.store(free < options_.reserve_bytes, std::memory_order_relaxed);
    auto enough = free >= options_.reserve_bytes / 4;
    waits_.store(!enough, std::memory_order_relaxed);
    if (enough)
      return true;
    std::unique_lock guard{mutex_};
    if (gathered_.wait_for(guard, room_pause, [this] { return stopping_; }))
      return false;
  }
}

/// Sets `culprit` to the call that could not be added, if one could not.
status level_store::write_group(size_t begin, size_t end, size_t& culprit) {
  encoder_.begin(next_group_);
  batch_->Clear();
  for (auto i = begin; i < end; ++i)
    if (auto done = add(taken_[i], *batch_); !done) {
      culprit = i;
      return done;
    }
  if (encoder_.count() > 0)
    batch_->Put(store_format::group_key(next_group_),
                slice_of(encoder_.finish()));
  auto started = std::chrono::steady_clock::now();
  if (auto done = files_->write(*batch_); !done)
    return done;
  last_write_time_ = std::chrono::steady_clock::now() - started;
  sync_nanoseconds_ += last_write_time_.count();
  written_bytes_ += batch_->ApproximateSize();
  changes_count_ += encoder_.count();
  if (encoder_.count() > 0) {
    ++groups_count_;
    ++next_group_;
  }
  return ok();
}

status level_store::add(const call& x, leveldb::WriteBatch& batch) {
  if (auto* rows = std::get_if<store_checkpoint>(&x.what))
    return add_checkpoint(*rows, batch);
  if (auto* note = std::get_if<std::string>(&x.what)) {
    batch.Put(slice_of(store_format::note_key),
              slice_of(store_format::encode_note(*note)));
    return ok();
  }
  for (auto& change : std::get<std::vector<store_change>>(x.what)) {
    if (auto done = index_.apply(next_group_, change); !done)
      return done;
    encoder_.add(change);
  }
  return ok();
}

status level_store::add_checkpoint(const store_checkpoint& x,
                                   leveldb::WriteBatch& batch) {
  if (auto done = index_.checkpoint(next_group_, x.shard, x.upto); !done)
    return done;
  if (auto done = add_header(x.shard, batch); !done)
    return done;
  for (auto& row : x.rows) {
    auto key = store_format::row_key(x.shard, row.key);
    if (row.deleted)
      batch.Delete(key);
    else
      batch.Put(key, row.value);
  }
  // Shards at rest would keep old groups for ever: move their floors as well.
  for (auto shard : index_.idle_shards(next_group_)) {
    auto done = index_.checkpoint(next_group_, shard, index_.at(shard).last);
    if (done)
      done = add_header(shard, batch);
    if (!done)
      return done;
  }
  for (auto group : index_.take_unneeded())
    batch.Delete(store_format::group_key(group));
  ++checkpoints_count_;
  return ok();
}

status level_store::add_header(shard_id shard, leveldb::WriteBatch& batch) {
  auto& log = index_.at(shard);
  if (std::exchange(log.stale_rows, false))
    if (auto done = files_->delete_rows(shard, batch); !done)
      return done;
  batch.Put(store_format::header_key(shard),
            store_format::encode_header(shard,
                                        {log.checkpoint, log.floor, log.meta}));
  return ok();
}

void level_store::answer(size_t begin, size_t end, size_t culprit,
                         const status& outcome) {
  for (auto i = begin; i < end; ++i) {
    auto& x = taken_[i];
    backlog_bytes_.fetch_sub(x.size_bytes, std::memory_order_relaxed);
    if (!x.then)
      continue; // a note
    if (outcome || culprit == end || culprit == i)
      x.then(outcome);
    else
      x.then(error{errc::io, "the store has failed"});
    x.then = nullptr;
  }
}

} // namespace muster
