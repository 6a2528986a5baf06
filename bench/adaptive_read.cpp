// SPDX-License-Identifier: Apache-2.0
#include "bench/adaptive_read.hpp"

#include "bench/muster_cluster.hpp"
#include "registry/key.hpp"
#include "runtime/pki/pki.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <unistd.h>

namespace muster::bench {

namespace {

constexpr uint32_t machines_count = 5;
constexpr size_t loads_in_flight_max = 256;

std::string key_of(size_t i) {
  return "/bench/r" + std::to_string(i) + "/v";
}

uint64_t resident_bytes() {
  uint64_t pages = 0;
  uint64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Records by popularity; ranks are scattered over keys, hence over shards.
class popularity {
public:
  popularity(size_t count, double skew) : upto_(count), record_(count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
      upto_[i] = sum += 1 / std::pow(static_cast<double>(i + 1), skew);
    for (auto& x : upto_)
      x /= sum;
    std::iota(record_.begin(), record_.end(), size_t{0});
    std::shuffle(record_.begin(), record_.end(), std::mt19937_64{1});
  }

  size_t draw(std::mt19937_64& random) const {
    auto x = std::uniform_real_distribution<double>{}(random);
    auto i = std::lower_bound(upto_.begin(), upto_.end(), x) - upto_.begin();
    return record_[std::min(static_cast<size_t>(i), record_.size() - 1)];
  }

private:
  std::vector<double> upto_;
  std::vector<size_t> record_;
};

/// The value of a metric without labels; 0 if there is none.
uint64_t metric(const std::string& text, const std::string& name) {
  auto at = text.find("\n" + name + " ");
  return at == std::string::npos
           ? 0
           : static_cast<uint64_t>(
             std::strtod(text.c_str() + at + name.size() + 2, nullptr));
}

using machines = std::vector<std::unique_ptr<machine>>;

result<machines> start_all(const adaptive_read_options& options) {
  auto folder = options.directory + "/pki";
  if (auto made = pki::create_ca(folder, {"bench", std::chrono::days{2}});
      !made)
    return made.failure();
  machines out;
  for (uint32_t i = 1; i <= machines_count; ++i) {
    auto id = "m" + std::to_string(i);
    if (auto issued = pki::issue_certificate(folder, folder,
                                             {id, {}, std::chrono::days{1}});
        !issued)
      return issued.failure();
    auto how = cluster_settings(options.directory, id, options.etcd,
                                machines_count);
    how.process.balance = false; // what a machine stores stays as it is
    how.process.adaptive_copies_bytes_max = options.bytes_max;
    auto started = machine::start(std::move(how));
    if (!started)
      return started.failure();
    out.push_back(std::move(*started));
  }
  return out;
}

/// Writes every record once, many at a time. @returns how many were not
size_t load(machine& to, const adaptive_read_options& options) {
  std::mutex mutex;
  std::condition_variable changed;
  size_t open = 0;
  size_t failed = 0;
  for (size_t i = 0; i < options.records_count; ++i) {
    {
      std::unique_lock guard{mutex};
      changed.wait(guard, [&] { return open < loads_in_flight_max; });
      ++open;
    }
    command x;
    x.operations.push_back(
      {operation_kind::put, key_of(i), std::string(options.value_bytes, 'v')});
    submit_options how;
    how.timeout = std::chrono::seconds{30};
    to.submit(std::move(x), how, [&](const command_answer& got) {
      std::lock_guard guard{mutex};
      failed += got.what != outcome::committed;
      --open;
      changed.notify_all();
    });
  }
  std::unique_lock guard{mutex};
  changed.wait(guard, [&] { return open == 0; });
  return failed;
}

/// Which shards a machine stores.
std::vector<bool> stored(const machine& at) {
  auto now = at.status();
  std::vector<bool> out(now.shards.size());
  for (auto& shard : now.shards) {
    auto is_it
      = shard.primary == at.id()
        || std::count(shard.backups.begin(), shard.backups.end(), at.id()) > 0;
    out[shard.id.value] = is_it;
  }
  return out;
}

/// The users of one machine.
class users {
public:
  users(machine& at, const adaptive_read_options& options,
        const popularity& popular)
    : at_(at), options_(options), popular_(popular), stored_(stored(at)) {
    // nop
  }

  /// @param measured  whether it counts
  void run(size_t operations, uint64_t seed, bool measured) {
    std::mt19937_64 random{seed};
    for (size_t i = 0; i < operations; ++i) {
      auto key = key_of(popular_.draw(random));
      if (random() % 1000 < options_.write_permille) {
        auto done = at_.put(key, std::string(options_.value_bytes, 'w'));
        failed += done.what != outcome::committed;
        continue;
      }
      auto got = at_.get(key);
      failed += !got || !got->found;
      auto shards = static_cast<uint32_t>(stored_.size());
      if (!measured || !got || stored_[shard_of(key, shards).value])
        continue;
      ++foreign;
      copies += got->from == served_from::copy;
    }
  }

  adaptive_machine_report report() const {
    auto text = at_.metrics_text();
    auto count = [&](const char* what) {
      return metric(text, std::string{"muster_adaptive_copies_"} + what);
    };
    return {at_.id().value,
            foreign,
            copies,
            count("count"),
            count("bytes"),
            count("granted_total"),
            count("withdrawn_total"),
            count("evicted_total")};
  }

  std::atomic<uint64_t> foreign{0};
  std::atomic<uint64_t> copies{0};
  std::atomic<uint64_t> failed{0};

private:
  machine& at_;
  const adaptive_read_options& options_;
  const popularity& popular_;
  std::vector<bool> stored_;
};

/// All users at once, so many operations of each machine.
void run_all(std::vector<std::unique_ptr<users>>& all,
             const adaptive_read_options& options, size_t count,
             bool measured) {
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t n = 0; n < options.threads_count; ++n)
      threads.emplace_back([&, seed = 1 + measured + 2 * i + 100 * n, i] {
        all[i]->run(count / options.threads_count, seed, measured);
      });
}

} // namespace

result<adaptive_read_report>
run_adaptive_reads(const adaptive_read_options& options) {
  auto started = start_all(options);
  if (!started)
    return started.failure();
  auto& all = *started;
  if (auto failed = load(*all[0], options); failed > 0)
    return error{errc::unavailable,
                 std::to_string(failed) + " records were not written"};
  popularity popular{options.records_count, options.skew};
  std::vector<std::unique_ptr<users>> everybody;
  for (auto& at : all)
    everybody.push_back(std::make_unique<users>(*at, options, popular));
  adaptive_read_report out;
  out.resident_bytes_before = resident_bytes();
  run_all(everybody, options, options.warm_up_count, false);
  auto begin = std::chrono::steady_clock::now();
  run_all(everybody, options, options.measured_count, true);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  out.operations_per_second
    = static_cast<double>(options.measured_count * all.size()) / took.count();
  out.resident_bytes_after = resident_bytes();
  for (auto& each : everybody) {
    out.machines.push_back(each->report());
    out.failed_count += each->failed;
  }
  return out;
}

} // namespace muster::bench
