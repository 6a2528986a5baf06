// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/key_states.hpp"

namespace muster::sim {

/// Finds an order of one key's states that explains everything said about the
/// key, or what contradicts it.
///
/// With versions in the answers the order is given. What is left to search is
/// where writes of unknown outcome fit that nobody saw: a guard, an absence or
/// a refusal may need one. Each is put in at most once, only between versions
/// that leave room for another.
class key_search {
public:
  /// @param facts  arranged; outlives this
  key_search(const key_states& facts, size_t attempts_max);

  finding run();

  /// True if the attempts did not suffice; `run` then found nothing.
  bool undecided() const {
    return undecided_;
  }

  /// After `run`: each with the bounds of its beginning.
  const std::vector<key_state>& states() const {
    return states_;
  }

private:
  /// What can remove a contradiction.
  enum class cure : uint8_t {
    none,
    /// Say which unknown write made the state at `at`.
    name_write,
    /// Put a hidden write before the state at `at`.
    put_before,
    /// Put a hidden write somewhere that `by` can have seen.
    put_within,
  };

  struct obstacle {
    finding wrong;
    cure by_means = cure::none;
    size_t at = 0;
    const operation* by = nullptr;
  };

  struct move {
    size_t at;
    size_t unknown;
    bool inserts;
    /// What a hidden write has for a version, if a guard names it.
    uint64_t version = 0;
  };

  finding name_obvious_writes();
  bool solve();
  obstacle evaluate();
  obstacle apply_writes();
  obstacle apply_write(size_t at);
  void bound_ends();
  finding bound_states();
  obstacle check_absences() const;
  obstacle check_refusals() const;
  finding check_told_refusals() const;
  bool excuses(const operation& refusal, const key_state& x) const;

  std::vector<move> moves(const obstacle& x) const;
  void moves_within(const obstacle& x, std::vector<move>& out) const;
  bool has_room(size_t at) const;
  bool can_be_before(uint64_t version, size_t at) const;
  bool is_candidate(const obstacle& x, const operation& unknown) const;
  void make(const move& x);
  void undo(const move& x);

  const key_states& facts_;
  size_t attempts_left_;
  bool undecided_ = false;
  finding first_wrong_;
  std::vector<key_state> states_;
  std::vector<bool> used_;
};

} // namespace muster::sim
