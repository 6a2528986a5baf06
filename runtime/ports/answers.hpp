// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "registry/story.hpp"
#include "registry/watch_event.hpp"

#include <cstdint>
#include <vector>

namespace muster {

/// Where actors leave what waiting users asked for. A ticket is the number
/// that the user's side chose with its question; each is answered once.
/// Called from the machine's core thread; must not block.
class answers {
public:
  virtual ~answers() = default;

  virtual void command_done(uint64_t ticket, command_answer x) = 0;
  virtual void read_done(uint64_t ticket, read_reply x) = 0;
  virtual void list_done(uint64_t ticket, list_reply x) = 0;
  virtual void explain_done(uint64_t ticket, explain_reply x) = 0;

  virtual void move_done(uint64_t ticket, move_reply x) = 0;

  /// The deadline of a read, a listing or an explanation is over.
  virtual void timed_out(uint64_t ticket) = 0;

  /// May come many times for one ticket.
  virtual void watch_told(uint64_t ticket, std::vector<watch_event> x) = 0;

  /// Whether its watcher takes more.
  virtual bool watch_has_room(uint64_t ticket) = 0;
};

} // namespace muster
