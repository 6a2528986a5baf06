// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace muster {

/// In multiples of D_g with the default of 2 s.
struct granter_options {
  /// A switch that has answered no lease request for so long is left at once.
  nanoseconds silence = std::chrono::milliseconds{1500};
  /// So is one that answers, but has not granted everything for so long.
  nanoseconds patience = std::chrono::seconds{4};
  /// It is used again when it has answered for so long without such a silence,
  nanoseconds calm = std::chrono::seconds{3};
  /// and not sooner than this after it was left; doubles each time, until it
  /// has granted everything for the longest pause.
  nanoseconds pause_min = std::chrono::seconds{5};
  nanoseconds pause_max = std::chrono::seconds{60};
  /// After a command got lost behind the switch none passes it for so long.
  nanoseconds doubt = std::chrono::seconds{10};

  /// @param granted  D_g
  /// @param renew    the time between two renewals
  static granter_options for_lease(nanoseconds granted, nanoseconds renew) {
    granter_options out;
    out.silence = std::max(granted / 4 * 3, renew * 3);
    out.patience = granted * 2;
    out.calm = granted / 2 * 3;
    out.pause_min = granted / 2 * 5;
    out.pause_max = std::max(out.pause_max, out.pause_min);
    return out;
  }
};

/// For each shard, whether a machine behind a switch has its copies from the
/// switch or from the home (3.8).
///
/// Nothing stale comes of a wrong choice: a copy lives under the lease of its
/// granter (D5). It is about reads from own memory soon after a fault, and
/// about not going to and fro.
///
/// Not thread-safe; owned by one actor.
class granter_choice {
public:
  explicit granter_choice(granter_options options) : options_(options) {
    // nop
  }

  /// @param x  as it is registered now; run 0: it is not
  void set_switch(const peer& x, boot_time now);

  const peer& rack_switch() const {
    return switch_;
  }

  /// The switch has answered a lease request.
  void on_heard(boot_time now);

  /// Whether the switch would be a good way now, for whatever.
  bool reachable(boot_time now) const;

  /// Chooses anew, to be called now and then.
  /// @param complete  everything that is wanted of the shard has been granted
  void choose(shard_id shard, bool complete, boot_time now);

  /// Whether the shard's copies come from the switch.
  bool uses_switch(shard_id shard) const;

private:
  struct choice {
    bool from_switch = true;
    boot_time complete_at{}; // last
    boot_time incomplete_at{}; // last
    boot_time not_before{};
    nanoseconds pause{};
  };

  void leave(choice& x, boot_time now) const;

  granter_options options_;
  peer switch_;
  bool known_ = false; // whether it was ever told whether it is registered
  boot_time heard_{};
  boot_time steady_since_{};
  std::map<shard_id, choice> shards_;
};

} // namespace muster
