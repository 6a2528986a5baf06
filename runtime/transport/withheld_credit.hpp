// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstddef>
#include <map>
#include <utility>

namespace muster {

/// Gives the credit of delivered packets back at once, unless the machine's
/// actors are behind: then it is kept until they have caught up, and peers
/// that have used their window stop sending. So a mailbox is bounded by the
/// limit and the peers' windows.
///
/// Not thread-safe; owned by the transport's listener.
class withheld_credit {
public:
  /// @param backlog_max  messages that may wait in mailboxes
  explicit withheld_credit(size_t backlog_max) : backlog_max_(backlog_max) {
    // nop
  }

  /// A packet has been handed to its actor. Calls `give(from, payload_bytes)`
  /// unless it is kept.
  template <class Give>
  void on_delivered(const machine_id& from, size_t payload_bytes,
                    size_t backlog, Give give) {
    if (backlog <= backlog_max_ && kept_.empty())
      give(from, payload_bytes);
    else
      kept_[from] += payload_bytes;
  }

  /// Some time has passed: gives back all that was kept, if the actors have
  /// caught up to half of the limit.
  template <class Give>
  void on_tick(size_t backlog, Give give) {
    if (backlog > backlog_max_ / 2)
      return;
    for (auto& [from, bytes] : std::exchange(kept_, {}))
      give(from, bytes);
  }

  bool keeping() const {
    return !kept_.empty();
  }

private:
  size_t backlog_max_;
  std::map<machine_id, size_t> kept_;
};

} // namespace muster
