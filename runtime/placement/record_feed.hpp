// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/machine.hpp"
#include "runtime/placement/watch_state.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace muster {

/// Follows the records under a prefix, from the first one on: a watch that goes
/// on at its position when it ends, or when more waits than there is room for.
///
/// All calls come from one thread, its owner's; `wake` is called on threads of
/// the machine when there is something to drain, and must not block.
class record_feed {
public:
  using wake_function = std::function<void()>;

  record_feed(machine& node, std::string prefix,
              watch_state::apply_function apply, wake_function wake);

  ~record_feed();

  /// Applies at most `events_max` events that wait.
  /// @returns whether more wait
  bool drain(size_t events_max);

  /// Begins the watch again where it is, so that every home tells at once up to
  /// where it is; at the beginning if it has not begun.
  void reopen();

  /// Begins the watch, or again if it has ended and `now` is late enough.
  void on_tick(std::chrono::steady_clock::time_point now);

  const watch_state& state() const {
    return state_;
  }

private:
  struct inbox;

  machine& node_;
  const std::string prefix_;
  watch_state state_;
  const wake_function wake_;
  /// Of the watch that is open; what an earlier one tells goes nowhere.
  std::shared_ptr<inbox> inbox_;
  std::unique_ptr<watch_handle> watch_;
  std::chrono::steady_clock::time_point next_open_{};
};

/// Up to where the homes have committed under `prefix` by now.
/// Errors: as `machine::watch`; `unavailable`: not all of them said so in time
result<watch_position> committed_now(machine& node, const std::string& prefix,
                                     std::chrono::nanoseconds timeout);

} // namespace muster
