// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/observe/slot_block.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// Fixed labels of one metric, such as {"actor", "agent"}. Never a key, a
/// command id or an actor instance: each combination is kept for ever.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// A number that only grows. A handle: cheap to copy, valid as long as its
/// `metrics`. Thread-safe; costs a few instructions.
class counter {
public:
  void add(uint64_t n = 1) const noexcept {
    pool_->mine().add(slot_, n);
  }

private:
  friend class metrics;

  counter(slot_pool* pool, size_t slot) : pool_(pool), slot_(slot) {
    // nop
  }

  slot_pool* pool_;
  size_t slot_;
};

/// A number that is set. A handle like `counter`; all threads share it, so it
/// is for what changes rarely: on a hot path use a callback.
class gauge {
public:
  void set(int64_t x) const noexcept {
    value_->store(x, std::memory_order_relaxed);
  }

private:
  friend class metrics;

  explicit gauge(std::atomic<int64_t>* value) : value_(value) {
    // nop
  }

  std::atomic<int64_t>* value_;
};

/// The unit of what a histogram records and how that is shown.
enum class metric_unit : uint8_t {
  /// Recorded as nanoseconds, shown as seconds.
  seconds,
  bytes,
  count,
};

/// Buckets of a histogram: values below 2^first, 2^(first + 1), ...,
/// 2^last, and the rest.
struct histogram_shape {
  metric_unit unit = metric_unit::seconds;
  /// 0 to `last`; 2^10 ns are 1 us.
  uint8_t first = 10;
  /// `first` to 63; 2^35 ns are 34 s.
  uint8_t last = 35;
};

/// A distribution over power-of-two buckets. A handle like `counter`; costs
/// two additions.
class histogram {
public:
  void record(uint64_t x) const noexcept {
    auto& mine = pool_->mine();
    auto width = static_cast<size_t>(std::bit_width(x));
    auto bucket = width <= first_ ? 0 : width - first_;
    mine.add(slot_ + (bucket < overflow_ ? bucket : overflow_), 1);
    mine.add(slot_ + overflow_ + 1, x);
  }

private:
  friend class metrics;

  histogram(slot_pool* pool, size_t slot, histogram_shape shape)
    : pool_(pool), slot_(slot), first_(shape.first),
      overflow_(size_t{shape.last} - shape.first + 1) {
    // nop
  }

  slot_pool* pool_;
  size_t slot_;
  size_t first_;
  /// The number of the bucket without upper bound; the sum lies behind it.
  size_t overflow_;
};

/// The metrics of one machine. Names are `muster_<noun>_<unit>`, counters end
/// in `_total`; the same name with other labels is another member of the
/// family, the same name and labels again the same metric.
///
/// Thread-safe. Registering takes a mutex and is for start-up; at most
/// `slot_block::slots_max` slots (a counter takes one, a histogram one a
/// bucket and one for the sum). Callbacks run on the thread that renders, with
/// no lock held that counting needs: they must be thread-safe, short, and
/// outlive the registry or be removed with `remove_callbacks`.
class metrics {
public:
  using reading = std::function<double()>;

  metrics();
  ~metrics();

  /// Each asserts that the name has its form and one type, and that slots are
  /// left: these are the program's, not a user's.
  counter add_counter(const std::string& name, const std::string& help,
                      metric_labels labels = {});
  gauge add_gauge(const std::string& name, const std::string& help,
                  metric_labels labels = {});
  histogram add_histogram(const std::string& name, const std::string& help,
                          histogram_shape shape = {},
                          metric_labels labels = {});

  /// A gauge or counter whose value is asked for, such as a probe's field.
  /// @param owner  names it for `remove_callbacks`; not null
  void add_gauge(const std::string& name, const std::string& help,
                 metric_labels labels, const void* owner, reading read);
  void add_counter(const std::string& name, const std::string& help,
                   metric_labels labels, const void* owner, reading read);

  /// When it returns, no callback of `owner` runs or will run.
  void remove_callbacks(const void* owner);

  /// Everything in Prometheus' text format, version 0.0.4.
  std::string render() const;

private:
  friend class metrics_collector;

  enum class type : uint8_t { counter, gauge, histogram };

  /// One member of a family.
  struct member {
    metric_labels labels;
    size_t slot = 0;
    histogram_shape shape;
    std::unique_ptr<std::atomic<int64_t>> value;
    const void* owner = nullptr;
    reading read;
  };

  struct family {
    std::string help;
    type kind = type::counter;
    std::vector<std::unique_ptr<member>> members;
  };

  /// The member of that name and labels, and whether it is new.
  std::pair<member*, bool> find_or_add(const std::string& name,
                                       const std::string& help, type kind,
                                       metric_labels labels);
  size_t take_slots(size_t count);

  slot_pool pool_;
  mutable std::mutex mutex_;
  size_t slots_used_ = 0;
  std::map<std::string, family> families_;
};

} // namespace muster
