// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"

#include <caf/send.hpp>

namespace muster {

/// Carries out one effect of a shard core: a port call or a message.
struct shard_dispatcher {
  machine_environment& env;
  shard_id shard;
  publisher who = publisher::replica;

  void operator()(persist_effect& x);
  void operator()(checkpoint_effect& x);
  void operator()(send_effect& x);
  void operator()(send_home_effect& x);
  void operator()(swap_effect& x);
  void operator()(require_effect& x);
  void operator()(release_effect& x);
  void operator()(renew_effect& x);
  void operator()(cover_effect& x);
  void operator()(uncover_effect& x);
  void operator()(members_effect& x);
  void operator()(refresh_effect& x);
  void operator()(home_started& x);
  void operator()(home_stopped& x);
  void operator()(directory_ask& x);
  void operator()(home_resumed& x);
  void operator()(entries_prepared& x);
  void operator()(entries_committed& x);
  void operator()(copy_data& x);
  void operator()(policy_data& x);
  void operator()(note_effect& x);

  /// The publish_... kinds: the read table.
  template <class Publish>
  void operator()(Publish& x) {
    env.table.publish(who, shard, x);
  }
};

} // namespace muster
