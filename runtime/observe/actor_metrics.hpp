// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/observe/metrics.hpp"
#include "runtime/ports/meter.hpp"

#include <atomic>
#include <deque>

namespace muster {

/// What a machine's actors do, by their type: messages handled, the time of
/// their runs, and the deepest mailbox since it was last asked for.
///
/// `ran` belongs to the one thread that runs the actors; the rest is
/// thread-safe. Remove its callbacks before it goes.
class actor_metrics : public actor_meter {
public:
  /// @param to  outlives it
  explicit actor_metrics(metrics& to);
  ~actor_metrics() override;

  void ran(const actor_run& x) override;

private:
  struct kind {
    kind(const char* name, counter handled, histogram run_times)
      : actor(name), messages(handled), runs(run_times) {
      // nop
    }

    const char* actor;
    counter messages;
    histogram runs;
    std::atomic<size_t> deepest{0};
  };

  kind& of(const char* actor);

  metrics& to_;
  std::deque<kind> kinds_;
};

} // namespace muster
