// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/inventory_keeper.hpp"

#include "allocator/record_keys.hpp"
#include "runtime/inventory/inventory_records.hpp"
#include "runtime/time_limit.hpp"

namespace muster {

namespace {

const std::string machines_prefix = "/machines";
const std::string links_prefix = "/topology/links";

/// Applied before somebody who decides may go on: about a millisecond.
constexpr size_t step_events_max = 256;

/// How often the watches are looked after when nothing happens.
constexpr std::chrono::milliseconds tick_every{200};

/// For how long a change is waited for before the homes are asked for it: they
/// tell changes at once, but not that there was none.
constexpr std::chrono::milliseconds change_patience{5};

/// Unusable records that are remembered.
constexpr size_t unusable_max = 1024;

} // namespace

inventory_keeper::inventory_keeper(machine& node)
  : node_(node),
    machines_(
      node, machines_prefix,
      [this](auto& key, auto value, sequence) { apply(key, value); },
      [this] { wake(); }),
    links_(
      node, links_prefix,
      [this](auto& key, auto value, sequence) { apply(key, value); },
      [this] { wake(); }) {
  // nop
}

inventory_keeper::~inventory_keeper() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

bool inventory_keeper::follows() const {
  std::lock_guard guard{mutex_};
  return thread_.joinable();
}

void inventory_keeper::wake() {
  std::lock_guard guard{mutex_};
  work_ = true;
  changed_.notify_all();
}

void inventory_keeper::apply(const std::string& key,
                             std::optional<std::string_view> value) {
  auto name = parse_record_key(key);
  if (name.kind == record_kind::allocation) {
    auto& of = known_.allocations[name.allocation];
    if (value)
      of[name.machine] = *value;
    else
      of.erase(name.machine);
    if (of.empty())
      known_.allocations.erase(name.allocation);
    return;
  }
  auto done = apply_record(known_.resources, key, value);
  if (done)
    known_.unusable.erase(key);
  else if (known_.unusable.size() < unusable_max)
    known_.unusable[key] = done.failure().message;
}

bool inventory_keeper::step() {
  std::lock_guard guard{known_mutex_};
  // Machines before links: a link names what is there.
  auto more = machines_.drain(step_events_max);
  return links_.drain(step_events_max) || more;
}

void inventory_keeper::run() {
  std::unique_lock guard{mutex_};
  while (!stopping_) {
    auto again = std::exchange(reopen_, false);
    work_ = false;
    guard.unlock();
    auto now = std::chrono::steady_clock::now();
    bool more = false;
    {
      std::lock_guard known{known_mutex_};
      machines_.on_tick(now);
      links_.on_tick(now);
      if (again) {
        machines_.reopen();
        links_.reopen();
      }
    }
    more = step();
    guard.lock();
    ++steps_;
    changed_.notify_all();
    if (!more)
      changed_.wait_for(guard, tick_every,
                        [this] { return work_ || reopen_ || stopping_; });
  }
}

bool inventory_keeper::reached(const watch_position& machines,
                               const watch_position& links) {
  std::lock_guard guard{known_mutex_};
  return machines_.state().reached(machines) && links_.state().reached(links);
}

status inventory_keeper::wait_for(const watch_position& machines,
                                  const watch_position& links,
                                  std::chrono::nanoseconds timeout) {
  auto begin = std::chrono::steady_clock::now();
  auto end = begin + timeout;
  auto asked = false;
  for (;;) {
    std::unique_lock guard{mutex_};
    auto seen = steps_;
    guard.unlock();
    if (reached(machines, links))
      return ok();
    auto now = std::chrono::steady_clock::now();
    if (now >= end)
      return error{errc::unavailable,
                   "this machine's inventory is not up to date: "
                   "some homes do not answer"};
    guard.lock();
    if (!asked && now - begin >= change_patience) {
      reopen_ = asked = true;
      changed_.notify_all();
    }
    auto until = asked ? end : std::min(end, begin + change_patience);
    changed_.wait_until(guard, until, [&] { return steps_ != seen; });
  }
}

status inventory_keeper::catch_up(std::chrono::nanoseconds timeout) {
  time_limit limit{timeout};
  auto machines = committed_now(node_, machines_prefix, limit.left());
  if (!machines)
    return machines.failure();
  auto links = committed_now(node_, links_prefix, limit.left());
  if (!links)
    return links.failure();
  return wait_for(*machines, *links, limit.left());
}

status inventory_keeper::follow(std::chrono::nanoseconds timeout) {
  time_limit limit{timeout};
  std::lock_guard guard{follow_mutex_};
  if (complete_)
    return ok();
  for (auto prefix : {"/machines", "/topology"}) {
    // A copy that is not complete yet is pinned all the same.
    auto done = node_.mirror(prefix, limit.left() / 2);
    if (!done && done.failure().code != errc::timed_out)
      return done;
  }
  {
    std::lock_guard own{mutex_};
    if (!thread_.joinable())
      thread_ = std::thread{[this] { run(); }};
  }
  auto done = catch_up(limit.left());
  complete_ = bool{done};
  return done;
}

} // namespace muster
