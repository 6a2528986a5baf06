// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/final_check.hpp"

#include "registry/key.hpp"
#include "tests/nemesis/requester.hpp"

namespace muster::nemesis {

using sim::answer;
using sim::operation;

namespace {

class last_client {
public:
  last_client(const cluster& what, interrupts& signals,
              const final_check_options& options, sim::history& to)
    : shards_(what.plan().shards), requester_(what.addresses()),
      signals_(signals), options_(options), history_(to) {
    // nop
  }

  status check(const std::string& key, size_t machine) {
    auto wrote = perform(key, machine, true);
    if (wrote.outcome != answer::ok)
      return late("write " + key, machine);
    for (size_t i = 0; i < requester_.machines(); ++i) {
      auto read = perform(key, i, false);
      if (read.outcome != answer::ok)
        return late("read " + key, i);
      if (read.seen != wrote.written)
        return error{errc::corrupt,
                     sim::describe(read) + "\n  after " + sim::describe(wrote)};
    }
    return ok();
  }

  size_t machines() const {
    return requester_.machines();
  }

private:
  /// Tries again until it was done or the time is over.
  operation perform(const std::string& key, size_t machine, bool write) {
    operation x;
    signals_.wait_for(options_.until, [&] {
      x = operation{};
      x.client = name();
      x.key = key;
      x.shard = shard_of(key, shards_).value;
      if (write) {
        x.kind = sim::operation_kind::write;
        x.written = x.client + "-" + std::to_string(++values_);
      }
      requester_.perform(x, machine);
      if (x.outcome == answer::unknown) {
        ++names_;
        x.return_ns = operation{}.return_ns;
      }
      history_.push_back(x);
      return x.outcome == answer::ok;
    });
    return x;
  }

  std::string name() const {
    return names_ == 0 ? "final" : "final." + std::to_string(names_);
  }

  error late(const std::string& what, size_t machine) const {
    return error{errc::timed_out, "no way to " + what + " on m"
                                    + std::to_string(machine + 1) + ": "
                                    + sim::describe(history_.back())};
  }

  const uint32_t shards_;
  requester requester_;
  interrupts& signals_;
  const final_check_options& options_;
  sim::history& history_;
  uint64_t values_ = 0;
  uint64_t names_ = 0;
};

} // namespace

status check_finally(const cluster& what, interrupts& signals,
                     const final_check_options& options, sim::history& to) {
  if (auto served = what.wait_until_served(signals, options.until); !served)
    return served;
  last_client last{what, signals, options, to};
  for (size_t i = 0; i < options.keys.size(); ++i)
    if (auto good = last.check(options.keys[i], i % last.machines()); !good)
      return good;
  return ok();
}

} // namespace muster::nemesis
