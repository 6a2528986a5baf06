// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/expiry_keeper.hpp"

#include "allocator/record_keys.hpp"
#include "runtime/boot_clock_source.hpp"
#include "runtime/placement/allocation_record.hpp"

namespace muster {

namespace {

constexpr size_t step_events_max = 4096;

/// How late an end may be.
constexpr std::chrono::milliseconds tick_every{100};

} // namespace

expiry_keeper::expiry_keeper(machine& node, end_function end)
  : end_(std::move(end)), feed_(
                            node, machine_key(node.id()) + "/allocations",
                            [this](auto& key, auto value, auto version) {
                              apply(key, value, version);
                            },
                            [this] {
                              std::lock_guard guard{mutex_};
                              work_ = true;
                              changed_.notify_all();
                            }),
    thread_([this] { run(); }) {
  // nop
}

expiry_keeper::~expiry_keeper() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void expiry_keeper::apply(const std::string& key,
                          std::optional<std::string_view> value,
                          sequence version) {
  auto name = parse_record_key(key);
  if (name.kind != record_kind::allocation)
    return;
  auto told = value ? parse_allocation(name.allocation, *value)
                    : result<allocation>{error{errc::not_found, {}}};
  if (!told)
    core_.erase(name.allocation);
  else
    core_.put(name.allocation, version, told->wanted.duration,
              boot_clock_source{}.now());
}

void expiry_keeper::run() {
  std::unique_lock guard{mutex_};
  while (!stopping_) {
    work_ = false;
    guard.unlock();
    feed_.on_tick(std::chrono::steady_clock::now());
    auto more = feed_.drain(step_events_max);
    for (auto& id : core_.due(boot_clock_source{}.now())) {
      guard.lock();
      auto stops = stopping_;
      guard.unlock();
      if (stops)
        break;
      end_(id);
    }
    guard.lock();
    if (!more)
      changed_.wait_for(guard, tick_every,
                        [this] { return work_ || stopping_; });
  }
}

} // namespace muster
