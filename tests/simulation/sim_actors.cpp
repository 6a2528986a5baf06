// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_actors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace muster::sim {

caf::actor_system_config&
sim_actors::testing(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

sim_actors::sim_actors(caf::actor_system_config& config)
  : system_(testing(config)),
    jobs_(
      dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
  // nop
}

sim_actors::~sim_actors() {
  // A timer that still waits holds its actor, and ~actor_system waits for the
  // actor for ever.
  jobs_.clock().cancel_all();
  while (jobs_.try_run_once())
    ; // nop
  jobs_.clock().cancel_all();
}

size_t sim_actors::run_ready(sim_random& random) {
  size_t handled = 0;
  auto& jobs = jobs_.jobs;
  for (; !jobs.empty(); ++handled) {
    if (jobs.size() > 1)
      std::swap(jobs.front(), jobs[random.below(jobs.size())]);
    jobs_.run_once();
  }
  handled_count_ += handled;
  return handled;
}

void sim_actors::kill(const std::vector<caf::actor>& actors) {
  // Urgent, unlike that of `anon_send_exit`: it overtakes what waits in the
  // mailbox.
  auto urgent = caf::make_message_id(caf::message_priority::high);
  for (const auto& x : actors)
    x->enqueue(
      nullptr, urgent,
      caf::make_message(caf::exit_msg{x.address(), caf::exit_reason::kill}),
      nullptr);
  for (const auto& x : actors)
    while (jobs_.prioritize(x))
      jobs_.run_once();
}

} // namespace muster::sim
