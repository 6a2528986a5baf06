// SPDX-License-Identifier: Apache-2.0
#pragma once

// Points in the middle of a read or a change, where a test lets the other side
// act: an order whose breach threads would see once in a million reads is seen
// in each. Only a build with MUSTER_MUTANTS has them (`registry/mutants.hpp`).

#ifdef MUSTER_MUTANTS

#  include <functional>

namespace muster::lock_free {

enum class race_point {
  /// A reader has loaded shard word and lease word, and no other word.
  words_loaded,
  /// A listing has loaded a record.
  record_loaded,
  /// A reader has loaded all but the clock.
  all_loaded,
  /// The writer has done one half of an invalidation.
  half_marked,
};

/// What happens when the calling thread comes to a point; empty: nothing.
inline thread_local std::function<void(race_point)> at_race_point;

} // namespace muster::lock_free

#  define MUSTER_RACE(point) \
    (at_race_point ? at_race_point(race_point::point) : void())
#else
#  define MUSTER_RACE(point) void()
#endif
