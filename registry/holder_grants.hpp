// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace muster {

/// The copies that one holder of a shard has in the directory, asked for or
/// granted: of prefixes with all below them, and of single keys (`exact`, D6).
/// A holder may have tens of thousands of single keys: every question is
/// answered by the key and its prefixes, none by looking at all copies.
///
/// Invariants: (1) a number names at most one copy; (2) `key_count` and
/// `prefix_count` are all there are.
///
/// Not thread-safe; owned by its directory.
class holder_grants {
public:
  struct grant {
    grant_number number; // 0: asked for, not yet granted
    bool asked = false;
    bool exact = false;
  };

  /// The prefix or key, and what is known of its copy.
  using entry = std::pair<const std::string, grant>;

  // Moving keeps every entry where it is.
  holder_grants() = default;
  holder_grants(holder_grants&&) = default;
  holder_grants& operator=(holder_grants&&) = default;

  /// Null: there is none of that name.
  const entry* find(std::string_view path, bool exact) const;

  /// The newest copy that covers the key, and that was granted if only such
  /// count. Null: none.
  const entry* newest_covering(std::string_view key, bool granted_only) const;

  /// From now on it is asked for, as it may have been already.
  void ask(std::string_view path, bool exact);

  /// What was asked for is granted. @pre it is there; the number is new
  void grant_as(std::string_view path, bool exact, grant_number number);

  /// What was asked for is not granted: it is as if nobody had asked.
  void refuse(std::string_view path, bool exact);

  /// The holder has given a grant up; what it asked for since stays asked for.
  /// @returns false: no copy has that number, hence a newer one its place (D2)
  bool give_up(grant_number number);

  /// Adds every prefix, granted or only asked for.
  void add_prefixes(std::set<std::string>& to) const;

  size_t prefix_count() const {
    return grants_[0].size();
  }

  size_t key_count() const {
    return grants_[1].size();
  }

private:
  using by_path = std::map<std::string, grant, std::less<>>;

  entry* look_up(std::string_view path, bool exact);
  void erase(const entry& x);

  by_path grants_[2]; // prefixes, single keys
  std::map<grant_number, entry*> numbers_;
};

} // namespace muster
