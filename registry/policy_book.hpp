// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/policy.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace muster {

struct shard_context;

/// What a machine's copy of the policies, or its replica of their shard, has at
/// one instant.
struct policy_view {
  struct change {
    std::string key;
    std::string value;
    bool erased = false;
  };

  /// Committed records.
  std::map<std::string, std::string> records;
  /// In the order of the log.
  std::vector<change> undecided;
  /// The source knows every change up to here; 0: it does not say.
  sequence upto = {};
  /// It has everything that is committed. A replica that is catching up has
  /// not: what it lacks says nothing.
  bool whole = true;
};

/// Which policies are in force, as one machine knows it.
///
/// A policy is in force from the instant in which this machine hears of the
/// command that adds it, undecided as it is: that command is acknowledged only
/// after this machine's acknowledgement (C1). It stays until the machine hears
/// that the command which removes or replaces it is committed. In between both
/// are in force.
///
/// What was known stays in force when the source is lost: another source, or
/// the same one again, replaces it as a whole.
///
/// Invariant: what is in force is never less than what some acknowledged state
/// of the registry has, of those since this machine last acknowledged one. Not
/// thread-safe; owned by one machine.
class policy_book {
public:
  /// Undecided values of one record that are kept; beyond it those that the
  /// source has forgotten go first.
  static constexpr size_t values_max = 64;

  /// The caller shows each state of the source before it lets an
  /// acknowledgement of it leave. One that is not whole, or knows less than
  /// another did, adds policies and takes none away (A1).
  void show(const policy_view& x);

  /// Whether this incarnation has ever seen the policies.
  bool known() const {
    return known_;
  }

  /// By name; a policy that is being replaced is there twice.
  const std::vector<policy>& in_force() const {
    return in_force_;
  }

  /// Grows whenever `in_force` or `known` changes; from 0.
  uint64_t version() const {
    return version_;
  }

  /// Records that are no policies, or too many, and why: they enlist nobody.
  const std::map<std::string, std::string>& ignored() const {
    return ignored_;
  }

private:
  /// By key.
  using all_values = std::map<std::string, std::set<std::string>>;

  /// What a view has, instead of all that was known.
  all_values values_of(const policy_view& x) const;
  /// The same beside all that was known.
  all_values values_with(const policy_view& x) const;
  void find_policies();

  bool known_ = false;
  sequence upto_; // of the source that knew most
  uint64_t version_ = 0;
  all_values values_;
  std::vector<policy> in_force_;
  std::map<std::string, std::string> ignored_;
};

/// Looks at the policies in a replica of their shard, input after input, and
/// not at the whole log each time.
///
/// Not thread-safe; owned by one machine.
class replica_policies {
public:
  /// @returns what it has; nothing: the same as when it was last asked
  std::optional<policy_view> look(const shard_context& x);

  /// The next look is a first one.
  void forget() {
    looked_ = false;
  }

private:
  bool looked_ = false;
  term of_;
  sequence committed_;
  sequence last_;
  /// Undecided entries that write a policy.
  sequence newest_; // that touched them
  std::set<sequence> touching_;
};

} // namespace muster
