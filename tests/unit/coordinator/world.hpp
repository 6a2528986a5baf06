// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/embedded_coordinator.hpp"
#include "runtime/coordinator/etcd_coordinator.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/coordinator/etcd_process.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <time.h>

namespace muster::test {

using namespace std::chrono_literals;
using testing::eventually;

/// How long a test waits for what should happen at once.
constexpr auto patience = 15s;

/// CLOCK_BOOTTIME, and what a test adds to it.
class adjustable_clock : public clock_source {
public:
  boot_time now() const override {
    timespec x{};
    clock_gettime(CLOCK_BOOTTIME, &x);
    return boot_time{std::chrono::seconds{x.tv_sec}
                     + nanoseconds{x.tv_nsec + ahead_.load()}};
  }

  void advance(nanoseconds x) {
    ahead_ += x.count();
  }

private:
  std::atomic<int64_t> ahead_{0};
};

/// The answer to a call: `await<bool>([&](auto then) { c.keep_alive(2s, then);
/// })`.
template <class T, class Call>
result<T> await(Call call) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto future = answer->get_future();
  call(coordinator::callback<T>{
    [answer](result<T> x) { answer->set_value(std::move(x)); }});
  if (future.wait_for(patience) != std::future_status::ready)
    return error{errc::timed_out, "the callback never came"};
  return future.get();
}

/// The words of the tests, for any coordinator.
struct words {
  coordinator& c;

  result<coordinator_range> range(const std::string& prefix) {
    return await<coordinator_range>([&](auto x) { c.range(prefix, x); });
  }

  result<coordinator_txn_answer> txn(const coordinator_txn& request) {
    return await<coordinator_txn_answer>([&](auto x) { c.txn(request, x); });
  }

  result<coordinator_txn_answer>
  put(const std::string& key, const std::string& value, bool is_bound = false) {
    return txn({{}, {{key, value, is_bound}}, {}});
  }

  /// Writes only if the key still has this revision.
  result<coordinator_txn_answer> swap(const std::string& key, uint64_t revision,
                                      const std::string& value) {
    return txn({{{key, revision}}, {{key, value, false}}, {}});
  }

  result<bool> keep_alive(std::chrono::seconds ttl) {
    return await<bool>([&](auto x) { c.keep_alive(ttl, x); });
  }

  // -- where a test takes success for granted ---------------------------------

  void set(const std::string& key, const std::string& value,
           bool is_bound = false) {
    expect(put(key, value, is_bound));
  }

  void erase(const std::string& key) {
    expect(txn({{}, {}, {key}}));
  }

  void live(std::chrono::seconds ttl) {
    expect(keep_alive(ttl));
  }

  template <class T>
  static void expect(const result<T>& x) {
    if (!x)
      throw std::runtime_error(x.failure().message);
  }

  /// The value of `key`, or "-" if it is absent, or the error's name.
  std::string get(const std::string& key) {
    auto found = range(key);
    if (!found)
      return to_string(found.failure().code);
    for (auto& x : found->entries)
      if (x.key == key)
        return x.value;
    return "-";
  }
};

struct etcd_world {
  static bool is_available() {
    return etcd_process::is_installed();
  }

  static constexpr auto ttl = 1s;

  adjustable_clock clock;
  etcd_process etcd;
  std::unique_ptr<etcd_coordinator> c = *etcd_coordinator::open(options(),
                                                                clock);

  etcd_options options() const {
    etcd_options x;
    x.endpoints = {etcd.endpoint()};
    return x;
  }

  /// Real time passes by itself, while the test polls.
  void pass(nanoseconds) {
    // nop
  }
};

struct embedded_world {
  static bool is_available() {
    return true;
  }

  static constexpr auto ttl = 10s;

  adjustable_clock clock;
  temporary_directory directory;
  std::unique_ptr<embedded_coordinator> c
    = *embedded_coordinator::open(options(), clock);

  embedded_options options() const {
    embedded_options x;
    x.directory = directory.path() / "coordinator";
    x.expiry_poll = 5ms;
    return x;
  }

  void pass(nanoseconds x) {
    clock.advance(x);
  }
};

} // namespace muster::test
