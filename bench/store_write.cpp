// SPDX-License-Identifier: Apache-2.0
#include "bench/store_write.hpp"

#include "runtime/store/level_store.hpp"

#include <algorithm>
#include <cstdio>
#include <time.h>

namespace muster::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr uint32_t shard_count = 16;

double cpu_microseconds(clockid_t which) {
  timespec x{};
  clock_gettime(which, &x);
  return static_cast<double>(x.tv_sec) * 1e6
         + static_cast<double>(x.tv_nsec) / 1e3;
}

/// Keeps a number of writes in flight from one thread.
class driver {
public:
  driver(level_store& db, const store_write_options& options)
    : db_(db), options_(options), body_(options.entry_bytes, 'x') {
    // nop
  }

  status run() {
    auto end = clock::now() + options_.duration;
    for (auto i = size_t{0}; i < options_.writers_count; ++i)
      give();
    while (in_flight_ > 0) {
      auto finished = wait();
      if (clock::now() < end && !failed_)
        for (; finished > 0; --finished)
          give();
    }
    return failure_;
  }

  store_report report(double seconds) {
    store_report x;
    x.writes_count = latencies_.size();
    auto n = static_cast<double>(std::max(size_t{1}, latencies_.size()));
    x.writes_per_second = n / seconds;
    x.writes_per_group = n / static_cast<double>(db_.probe().groups_count);
    x.store_cpu_microseconds_per_write = (cpu_end_ - cpu_begin_) / n;
    std::sort(latencies_.begin(), latencies_.end());
    if (!latencies_.empty()) {
      x.p50_microseconds = latencies_[latencies_.size() / 2];
      x.p99_microseconds = latencies_[latencies_.size() * 99 / 100];
      x.max_microseconds = latencies_.back();
    }
    return x;
  }

private:
  void give() {
    auto shard = shard_id{static_cast<uint32_t>(given_++ % shard_count)};
    auto at = sequence{given_ / shard_count + (given_ % shard_count != 0)};
    ++in_flight_;
    db_.write({{store_change::kind::append, shard, at, body_}},
              [this, started = clock::now()](status x) {
                on_written(started, std::move(x));
              });
    if (given_ % options_.checkpoint_entries_count == 0)
      checkpoint(shard, at);
  }

  void checkpoint(shard_id shard, sequence at) {
    store_checkpoint x{shard, at, {}};
    for (auto i = size_t{0}; i < options_.checkpoint_entries_count; ++i)
      x.rows.push_back({"/key/" + std::to_string(i), body_, false});
    ++in_flight_;
    db_.checkpoint(std::move(x), [this](status done) {
      std::lock_guard guard{mutex_};
      failure_ = failure_ ? std::move(done) : failure_;
      ++background_;
      wake_.notify_one();
    });
  }

  // On the store's thread.
  void on_written(clock::time_point started, status done) {
    std::chrono::duration<double, std::micro> latency = clock::now() - started;
    std::lock_guard guard{mutex_};
    latencies_.push_back(latency.count());
    cpu_end_ = cpu_microseconds(CLOCK_THREAD_CPUTIME_ID);
    if (cpu_begin_ == 0)
      cpu_begin_ = cpu_end_;
    failure_ = failure_ ? std::move(done) : failure_;
    if (finished_++ == 0)
      wake_.notify_one();
  }

  size_t wait() {
    std::unique_lock guard{mutex_};
    wake_.wait(guard, [this] { return finished_ + background_ > 0; });
    in_flight_ -= finished_ + background_;
    background_ = 0;
    failed_ = !failure_;
    return std::exchange(finished_, 0);
  }

  level_store& db_;
  const store_write_options& options_;
  const std::string body_;
  uint64_t given_ = 0;
  size_t in_flight_ = 0;
  bool failed_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  size_t finished_ = 0;
  size_t background_ = 0;
  std::vector<double> latencies_;
  double cpu_begin_ = 0;
  double cpu_end_ = 0;
  status failure_ = ok();
};

} // namespace

result<store_report> run_store_writes(const store_write_options& options) {
  auto db = level_store::open(options.store);
  if (!db)
    return db.failure();
  if (auto found = (*db)->recover(); !found)
    return found.failure();
  driver load{**db, options};
  auto cpu = cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID);
  auto started = clock::now();
  if (auto done = load.run(); !done)
    return done.failure();
  std::chrono::duration<double> elapsed = clock::now() - started;
  cpu = cpu_microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  auto report = load.report(elapsed.count());
  report.process_cpu_microseconds_per_write
    = cpu / static_cast<double>(std::max(uint64_t{1}, report.writes_count));
  return report;
}

std::string to_string(const store_report& x) {
  char line[256];
  std::snprintf(line, sizeof(line),
                "%.0f writes/s, %.1f a group, p50 %.0f us, p99 %.0f us, "
                "max %.0f us, CPU %.2f us a write (store thread), %.2f us "
                "(process)",
                x.writes_per_second, x.writes_per_group, x.p50_microseconds,
                x.p99_microseconds, x.max_microseconds,
                x.store_cpu_microseconds_per_write,
                x.process_cpu_microseconds_per_write);
  return line;
}

} // namespace muster::bench
