// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/key_states.hpp"

#include <map>
#include <string>
#include <vector>

namespace muster::sim {

/// Judges one shard: the versions of all its keys are one order in time, and
/// each listing is one cut of it.
///
/// Feed it with the solved states of each key, then ask `judge` once.
class shard_order {
public:
  /// @param states  as `key_search` left them, of a key that it decided
  /// @param erased  the first call of a delete of unknown outcome; after it
  ///        the absence of the key proves nothing
  void add_key(const std::string& key, const std::vector<key_state>& states,
               int64_t erased);

  /// `rows` are those of the listing whose keys are in this shard.
  void add_listing(const operation& by, std::vector<listed_row> rows);

  finding judge();

private:
  struct limit {
    int64_t at;
    const operation* by = nullptr;
    bool is_reader = false;
  };

  /// One version of the shard: the instant at which it took effect is between
  /// two limits.
  struct step {
    uint64_t version = 0;
    const operation* by = nullptr;
    limit low{never_before};
    limit high{never_after};
  };

  struct known_key {
    std::string name;
    int64_t erased;
    /// {version, is it there}, ascending; the first is {0, false}.
    std::vector<std::pair<uint64_t, bool>> versions;
  };

  struct listing {
    const operation* by;
    std::vector<listed_row> rows;
    /// From step `first` on: whether the state after it is what was listed.
    std::vector<bool> fits;
    size_t first = 0;
  };

  finding merge_steps();
  finding narrow(listing& x);
  void exclude_absent(listing& x) const;
  finding bound_steps();
  finding check_instant(const listing& x) const;
  const known_key* find(const std::string& key) const;

  std::vector<step> steps_;
  std::vector<known_key> keys_;
  std::vector<listing> listings_;
};

} // namespace muster::sim
