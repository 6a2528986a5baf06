// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace muster {

/// One run of an actor: it was given the thread and handled what waited.
struct actor_run {
  /// The actor's type, such as "shard"; lives for ever.
  const char* actor = "";
  /// Messages that waited for this actor when the run began.
  size_t mailbox_depth = 0;
  /// Messages handled.
  size_t messages_count = 0;
  std::chrono::nanoseconds took{};
};

/// Where actors say what they did. Called by the one thread that runs a
/// machine's actors; must not block.
class actor_meter {
public:
  virtual ~actor_meter() = default;

  virtual void ran(const actor_run& x) = 0;
};

} // namespace muster
