// SPDX-License-Identifier: Apache-2.0
#include "bench/muster_put.hpp"

#include "bench/histogram.hpp"

#include <condition_variable>
#include <mutex>
#include <random>

namespace muster::bench {

namespace {

using clock = std::chrono::steady_clock;

/// Keeps a fixed number of writes in flight: each answer sends the next.
class writer {
public:
  writer(machine& m, const write_options& options)
    : machine_(m), options_(options), random_(options.seed) {
    for (size_t i = 0; i < options.keys_count; ++i)
      keys_.push_back("/bench/k" + std::to_string(i) + "/v");
    value_.assign(options.value_bytes, 'x');
  }

  write_report run() {
    measure_from_ = clock::now() + options_.warm_up;
    measure_to_ = measure_from_ + options_.duration;
    for (size_t i = 0; i < options_.in_flight_count; ++i)
      send_next();
    std::unique_lock guard{mutex_};
    done_.wait(guard, [this] { return open_ == 0; });
    write_report out;
    out.writes_count = latencies_.count();
    out.writes_per_second
      = static_cast<double>(latencies_.count())
        / std::chrono::duration<double>(options_.duration).count();
    out.median = latencies_.quantile(500);
    out.p99 = latencies_.quantile(990);
    out.max = latencies_.max();
    out.mean = latencies_.mean();
    out.failures_count = failures_;
    out.failure = failure_;
    return out;
  }

private:
  void send_next() {
    command x;
    {
      std::lock_guard guard{mutex_};
      ++open_;
      auto first = random_();
      for (size_t i = 0; i < options_.parts_count; ++i)
        x.operations.push_back(
          {operation_kind::put, keys_[(first + i) % keys_.size()], value_});
    }
    auto sent = clock::now();
    machine_.submit(std::move(x), submit_options{},
                    [this, sent](const command_answer& got) {
                      answer(sent, got);
                    });
  }

  void answer(clock::time_point sent, const command_answer& got) {
    auto now = clock::now();
    {
      std::lock_guard guard{mutex_};
      --open_;
      if (got.what != outcome::committed) {
        ++failures_;
        if (failure_.empty())
          failure_ = to_string(got.what) + (": " + got.detail);
      } else if (now >= measure_from_ && now < measure_to_) {
        latencies_.record(now - sent);
      }
      if (now >= measure_to_ && open_ == 0)
        done_.notify_all();
    }
    if (now < measure_to_)
      send_next();
  }

  machine& machine_;
  const write_options& options_;
  std::mt19937_64 random_;
  std::vector<std::string> keys_;
  std::string value_;
  clock::time_point measure_from_;
  clock::time_point measure_to_;
  std::mutex mutex_;
  std::condition_variable done_;
  size_t open_ = 0;
  histogram latencies_;
  uint64_t failures_ = 0;
  std::string failure_;
};

} // namespace

write_report run_muster_writes(machine& m, const write_options& options) {
  return writer{m, options}.run();
}

} // namespace muster::bench
