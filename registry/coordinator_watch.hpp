// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>

namespace muster {

/// What each read of the coordinator says about the coordinator itself, and
/// about whether this incarnation is still a member (M1, M3).
///
/// Invariants: (1) of two reads the later one is usable only if its revision is
/// not smaller: a linearizable read never goes back, unless the coordinator
/// lost what it knew; (2) who was seen to be no member any more stays so.
///
/// Not thread-safe; owned by one actor.
class coordinator_watch {
public:
  struct verdict {
    /// False: nothing of this read may be believed.
    bool usable = true;
    /// Set once, at the first read that went back after one that did not.
    bool went_back = false;
    /// Set once: the member's entry was there and is not any more, or it is of
    /// another incarnation. Such a machine ends.
    bool expelled = false;
  };

  /// @param at  the revision of the read
  /// @param own_registration  the modification revision of this incarnation's
  ///        `members` entry; 0: it is not there
  verdict on_read(epoch at, uint64_t own_registration);

  /// The greatest revision of a usable read.
  epoch newest() const {
    return newest_;
  }

  /// The last one that was there; 0: none was yet.
  uint64_t own_registration() const {
    return own_registration_;
  }

private:
  epoch newest_;
  uint64_t own_registration_ = 0;
  bool back_ = false;
  bool expelled_ = false;
};

} // namespace muster
