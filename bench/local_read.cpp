// SPDX-License-Identifier: Apache-2.0
#include "bench/local_read.hpp"

#include "registry/key.hpp"
#include "runtime/boot_clock_source.hpp"
#include "runtime/read_table/read_table.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unordered_map>

namespace muster::bench {

namespace {

using bare_map
  = std::unordered_map<std::string, std::shared_ptr<const std::string>>;

/// Splitmix64: one state a thread.
class generator {
public:
  explicit generator(uint64_t seed) : state_(seed) {
    // nop
  }

  uint64_t next() {
    auto x = state_ += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

private:
  uint64_t state_;
};

void name(std::string& key, size_t i) {
  char text[48];
  auto n = std::snprintf(text, sizeof text, "/machines/m%08zu/free-bytes", i);
  key.assign(text, static_cast<size_t>(n));
}

double thread_cpu_nanoseconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The same records in both.
struct data {
  explicit data(const local_read_options& options);

  local_read_options options;
  boot_clock_source clock;
  read_table table;
  bare_map map;
};

data::data(const local_read_options& x)
  : options(x), table(x.shard_count, clock, {.hash_seed = x.seed}) {
  auto far = clock.now() + std::chrono::hours{24};
  for (uint32_t i = 0; i < options.shard_count; ++i) {
    auto of = table.begin(shard_id{i}, 2, term{1}, session{1});
    table.set_lease(shard_id{i}, of, far);
  }
  // In the order of their numbers, so that neither side's blocks lie in the
  // order of its slots or buckets.
  std::string key;
  std::string value(options.value_bytes, 'v');
  for (size_t i = 0; i < options.record_count; ++i) {
    name(key, i);
    map.emplace(key, std::make_shared<const std::string>(value));
  }
  for (size_t i = 0; i < options.record_count; ++i) {
    name(key, i);
    table.put(shard_of(key, options.shard_count), key, value, sequence{1});
  }
  for (uint32_t i = 0; i < options.shard_count; ++i)
    table.install_prefix(shard_id{i}, "/");
}

/// Reads keys of a batch that was made outside the measured time.
class reader {
public:
  reader(const data& from, uint64_t seed) : from_(from), random_(seed) {
    keys_.resize(1024);
  }

  /// CPU time of one read of the map.
  double read_map() {
    return measure([this](const std::string& key) {
      auto i = from_.map.find(key);
      if (i == from_.map.end())
        std::abort();
      buffer_.assign(*i->second);
    });
  }

  /// CPU time of one read of the table.
  double read_table() {
    auto shards = from_.options.shard_count;
    return measure([this, shards](const std::string& key) {
      auto x = from_.table.copy_to(shard_of(key, shards), key, buffer_,
                                   version_);
      if (x.kind == read_kind::invalid)
        ++invalid_count_;
      else if (x.kind != read_kind::served)
        std::abort();
    });
  }

  size_t invalid_count() const {
    return invalid_count_;
  }

private:
  template <class Read>
  double measure(Read&& read) {
    double spent = 0;
    size_t done = 0;
    while (done < from_.options.reads_per_round) {
      for (auto& key : keys_)
        name(key, random_.next() % from_.options.record_count);
      auto start = thread_cpu_nanoseconds();
      for (const auto& key : keys_)
        read(key);
      spent += thread_cpu_nanoseconds() - start;
      done += keys_.size();
    }
    return spent / static_cast<double>(done);
  }

  const data& from_;
  generator random_;
  std::vector<std::string> keys_;
  std::string buffer_;
  sequence version_;
  size_t invalid_count_ = 0;
};

/// Changes records at the rate that the options say, while it lives.
class writer {
public:
  explicit writer(data& to)
    : to_(to), thread_([this](const std::stop_token& stop) { run(stop); }) {
    // nop
  }

private:
  void run(const std::stop_token& stop) {
    generator random{to_.options.seed + 1000};
    std::vector<std::string> keys(1);
    std::string value(to_.options.value_bytes, 'w');
    auto pause = std::chrono::seconds{1} / to_.options.writes_per_second;
    auto next = std::chrono::steady_clock::now();
    for (uint64_t n = 2; !stop.stop_requested(); ++n) {
      name(keys[0], random.next() % to_.options.record_count);
      auto shard = shard_of(keys[0], to_.options.shard_count);
      to_.table.invalidate(shard, keys);
      to_.table.put(shard, keys[0], value, sequence{n});
      next += pause;
      std::this_thread::sleep_until(next);
    }
  }

  data& to_;
  std::jthread thread_;
};

double median(std::vector<double> xs) {
  auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::ranges::nth_element(xs, middle);
  return *middle;
}

/// What one thread measured, a value a round.
struct series {
  std::vector<double> map;
  std::vector<double> table;
  std::vector<double> ratios;
  size_t invalid_count = 0;
};

series measure(const data& from, uint64_t seed, std::barrier<>& together) {
  series result;
  reader user{from, seed};
  // The first round warms up and is not counted.
  for (size_t i = 0; i <= from.options.rounds; ++i) {
    together.arrive_and_wait();
    auto map = user.read_map();
    together.arrive_and_wait();
    auto table = user.read_table();
    if (i == 0)
      continue;
    result.map.push_back(map);
    result.table.push_back(table);
    result.ratios.push_back(table / map);
  }
  result.invalid_count = user.invalid_count();
  return result;
}

local_read_case run_case(data& with, uint32_t threads, bool writes) {
  std::vector<series> all(threads);
  {
    std::barrier together{static_cast<std::ptrdiff_t>(threads)};
    std::unique_ptr<writer> changes;
    if (writes)
      changes = std::make_unique<writer>(with);
    std::vector<std::jthread> readers;
    for (uint32_t i = 0; i < threads; ++i)
      readers.emplace_back(
        [&, i] { all[i] = measure(with, with.options.seed + i, together); });
    readers.clear();
  }
  series sum;
  for (const auto& x : all) {
    sum.map.insert(sum.map.end(), x.map.begin(), x.map.end());
    sum.table.insert(sum.table.end(), x.table.begin(), x.table.end());
    sum.ratios.insert(sum.ratios.end(), x.ratios.begin(), x.ratios.end());
    sum.invalid_count += x.invalid_count;
  }
  auto [least, most] = std::ranges::minmax(sum.ratios);
  auto reads = with.options.reads_per_round * (with.options.rounds + 1)
               * threads;
  return {threads,
          writes,
          median(sum.table),
          median(sum.map),
          median(sum.ratios),
          least,
          most,
          static_cast<double>(sum.invalid_count) * 1e6
            / static_cast<double>(reads)};
}

} // namespace

local_read_report run_local_read(const local_read_options& options) {
  data with{options};
  local_read_report report;
  report.table_bytes_per_record = static_cast<double>(with.table.memory_bytes())
                                  / static_cast<double>(options.record_count);
  for (auto threads : {1u, 2u})
    for (auto writes : {false, true})
      report.cases.push_back(run_case(with, threads, writes));
  return report;
}

} // namespace muster::bench
