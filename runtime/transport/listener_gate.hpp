// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/events.hpp"
#include "runtime/ports/transport.hpp"

#include <mutex>
#include <string>
#include <string_view>

namespace muster {

/// Stands between the transport's io thread and its owner: once `close` has
/// returned, neither the listener nor the event sink is called again.
///
/// Thread-safe. The calls of the owner happen under the mutex, which is
/// recursive so that the owner may close from within one.
class listener_gate {
public:
  /// @param sink  must live until `close`
  explicit listener_gate(event_sink& sink);

  /// @param listener  must live until `close`
  void open(transport_listener& listener);

  /// Waits for the call that is going on, if it is not the caller's own.
  void close();

  /// Calls `on_packet` for each packet. Returns how many.
  /// @pre `is_batch(batch)`
  size_t deliver(const peer& from, lane on, std::string_view batch);

  void connected(const peer& to, lane on);
  void disconnected(const peer& to, lane on);
  void note(severity level, std::string_view what, std::string detail);

private:
  std::recursive_mutex mutex_;
  event_sink* sink_;
  transport_listener* listener_ = nullptr;
};

} // namespace muster
