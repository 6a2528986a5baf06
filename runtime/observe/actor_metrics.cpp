// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/actor_metrics.hpp"

namespace muster {

actor_metrics::actor_metrics(metrics& to) : to_(to) {
  // nop
}

actor_metrics::~actor_metrics() {
  to_.remove_callbacks(this);
}

actor_metrics::kind& actor_metrics::of(const char* actor) {
  // A handful of types: the pointers are compared faster than names.
  for (auto& x : kinds_)
    if (x.actor == actor)
      return x;
  metric_labels labels{{"actor", actor}};
  auto messages = to_.add_counter("muster_actor_messages_total",
                                  "Messages handled by actors", labels);
  auto runs = to_.add_histogram("muster_actor_run_seconds",
                                "Time of an actor's run, in which it handles "
                                "the messages that wait",
                                {}, labels);
  auto& made = kinds_.emplace_back(actor, messages, runs);
  to_.add_gauge("muster_actor_mailbox_depth_max",
                "Messages in the fullest mailbox since the last reading",
                labels, this, [&made] {
                  return static_cast<double>(made.deepest.exchange(0));
                });
  return made;
}

void actor_metrics::ran(const actor_run& x) {
  auto& to = of(x.actor);
  to.messages.add(x.messages_count);
  to.runs.record(static_cast<uint64_t>(x.took.count()));
  if (x.mailbox_depth > to.deepest.load(std::memory_order_relaxed))
    to.deepest.store(x.mailbox_depth, std::memory_order_relaxed);
}

} // namespace muster
