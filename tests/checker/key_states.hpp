// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/checker.hpp"

#include <limits>

namespace muster::sim {

constexpr int64_t never_before = std::numeric_limits<int64_t>::min();
constexpr int64_t never_after = std::numeric_limits<int64_t>::max();

/// A contradiction: its kind and at most two operations that show it.
struct finding {
  fault_found kind = fault_found::none;
  const operation* first = nullptr;
  const operation* second = nullptr;

  explicit operator bool() const {
    return kind != fault_found::none;
  }
};

/// One record that a key had, in the order of versions. It began at one
/// instant, which the operations around it confine.
struct key_state {
  /// 0 = the absence before the first write, or `hidden`.
  uint64_t version = 0;
  /// The write of an unknown outcome that a search put here; nobody saw it.
  bool hidden = false;
  /// The write that made it; none = nobody was told that a write made it, so
  /// it is one of unknown outcome (or the first state).
  const operation* by = nullptr;
  /// What readers saw, if one did.
  bool was_seen = false;
  record_value seen;
  /// What the write made of the state before.
  record_value value;
  /// The reader of it that ended first: it had begun by then.
  const operation* first_reader = nullptr;
  /// The reader of it that began last: the next state had not begun before.
  const operation* last_reader = nullptr;
  /// The instant of its beginning lies between these; set by the search.
  int64_t earliest = never_before;
  int64_t latest = never_after;
};

/// Everything that a history says about one key.
class key_states {
public:
  /// Takes in one operation of the key.
  void add(const operation& x);

  /// Takes in that `by` saw this record: a read or a row of a listing.
  void add_read(const operation& by, uint64_t version,
                const record_value& value);

  /// Takes in that `by` found the key absent.
  void add_absent(const operation& by);

  /// Orders the states and finds the contradictions that need no search.
  /// Call it once, after everything was added.
  finding arrange();

  /// After `arrange`: the first is the absence before the first write.
  const std::vector<key_state>& states() const {
    return states_;
  }

  /// Writes of unknown outcome, in order of their calls.
  const std::vector<const operation*>& unknown() const {
    return unknown_;
  }

  /// Reads and refusals that found the key absent.
  const std::vector<const operation*>& absent() const {
    return absent_;
  }

  /// Refusals that do not tell the version which refused them.
  const std::vector<const operation*>& refusals() const {
    return refusals_;
  }

  /// Refusals that tell it, in order of the versions; none is 0.
  const std::vector<const operation*>& told_refusals() const {
    return told_refusals_;
  }

  /// Why nobody can have written `value`, which a reader saw: the name of the
  /// error and the operation that comes closest.
  finding blame(const operation* reader, const record_value& value) const;

private:
  struct sighting {
    uint64_t version;
    const operation* by;
    /// A refusal tells a version without the value.
    bool has_value;
    record_value value;
  };

  void add_told_refusal(const operation& x);
  finding place_writes();
  finding place_sightings();
  finding place(key_state& at, const sighting& x) const;

  std::vector<const operation*> writes_;
  std::vector<const operation*> unknown_;
  std::vector<const operation*> undone_;
  std::vector<const operation*> absent_;
  std::vector<const operation*> refusals_;
  std::vector<const operation*> told_refusals_;
  std::vector<sighting> sightings_;
  std::vector<key_state> states_;
  finding malformed_;
};

} // namespace muster::sim
