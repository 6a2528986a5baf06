// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace muster::http {

/// The Server-Sent Events that wait for one watcher, already as bytes.
///
/// Many threads push, one drains. A watcher that is slower than the changes is
/// cut: it gets a last event `cut` with the reason, and nothing after it.
///
/// Invariants: (1) what waits is within `bytes_max`, the last event aside, or
/// is a single event: one that is larger than that passes a watcher who keeps
/// up; (2) after `cut` nothing is added; (3) the wake function is called at
/// most once between two calls of `take` that found nothing.
///
/// Thread-safe.
class event_queue {
public:
  explicit event_queue(size_t bytes_max);

  /// Who drains: called from the pushing thread, must not block.
  void on_wake(std::function<void()> wake);

  /// Queues an event. Dropped after a cut.
  /// @param data  one line
  void push(std::string_view name, std::string_view id, std::string_view data);

  /// Whether less than half of what may wait does.
  bool has_room() const;

  /// Ends the stream with a last event that says why.
  /// @param reason  JSON text on one line
  void cut(std::string_view reason);

  /// Moves everything that waits to `out`. False if there is nothing: then
  /// the next push wakes.
  bool take(std::string& out);

  /// True once the last event was taken.
  bool finished() const;

private:
  void append(std::string_view name, std::string_view id,
              std::string_view data);
  void cut_locked(std::string_view reason);
  std::function<void()> wake_locked();

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  std::string waiting_;
  bool cut_ = false;
  bool asleep_ = true;
  std::function<void()> wake_;
};

} // namespace muster::http
