// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>

namespace muster {

/// The base of all our actors: a stateful actor that tells the machine's meter
/// what each run took, and keeps the machine's backlog up to date. CAF 0.17
/// has no metrics of its own.
///
/// `State` has a `name` and a pointer `env` to its machine's environment, set
/// by the actor's behavior.
template <class Handle, class State>
class metered : public caf::stateful_actor<State, typename Handle::base> {
public:
  using super = caf::stateful_actor<State, typename Handle::base>;
  using super::super;

  caf::resumable::resume_result resume(caf::execution_unit* on,
                                       size_t messages_max) override {
    // The state is gone once the actor ends; its environment is not.
    machine_environment* env = this->state.env;
    if (env == nullptr || env->meter == nullptr)
      return super::resume(on, messages_max);
    using clock = std::chrono::steady_clock;
    // Here, where CAF itself does not go through the mailbox.
    actor_run run{State::name, this->mailbox().size(), 0, {}};
    env->grow_backlog(static_cast<int64_t>(run.mailbox_depth) - counted_);
    handled_ = 0;
    auto begin = clock::now();
    auto out = super::resume(on, messages_max);
    run.took = clock::now() - begin;
    run.messages_count = handled_;
    auto handled = static_cast<int64_t>(std::min(handled_, run.mailbox_depth));
    counted_ = static_cast<int64_t>(run.mailbox_depth) - handled;
    env->grow_backlog(-handled);
    env->meter->ran(run);
    return out;
  }

protected:
  caf::invoke_message_result consume(caf::mailbox_element& x) override {
    ++handled_;
    return super::consume(x);
  }

private:
  size_t handled_ = 0;
  /// What of this mailbox is in the machine's backlog.
  int64_t counted_ = 0;
};

} // namespace muster
