// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "registry/story.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Where policies are kept: `/muster/agents/<name>`. One entity group, so one
/// shard has all of them.
constexpr std::string_view policies_prefix = "/muster/agents";

/// What Muster keeps about itself. No policy covers a key under it: one that a
/// dead machine delays has to be removed without that delay.
constexpr std::string_view muster_prefix = "/muster";

/// Policies of a cluster; what is beyond is not in force.
constexpr size_t policies_max = 256;

/// Machines that one policy enlists.
constexpr size_t policy_machines_max = 16;

constexpr size_t policy_name_bytes_max = 64;
constexpr size_t policy_reason_bytes_max = 128;
constexpr size_t machine_name_bytes_max = 64;

/// What a policy agent goes by: every command that writes a key under `prefix`
/// has these machines among its participants.
struct policy {
  std::string name;
  std::string prefix; // normalized
  std::vector<machine_id> machines;
  /// For a person; `explain` prints it.
  std::string reason;

  auto operator<=>(const policy&) const = default;
};

/// Errors: `invalid_argument` with the rule that is broken and what to write
/// instead.
status check_policy(const policy& x);

/// The key of its record.
std::string policy_key(std::string_view name);

/// The name in a record's key; empty: it is none of a policy.
std::string_view policy_name(std::string_view key);

/// The value of its record: one `name=value` a line, as the coordinator's
/// values (`assignment_text.hpp`). Unknown names are skipped.
///
///     prefix=/billing
///     enlist=m5,m6
///     reason=audit
std::string to_text(const policy& x);

/// @returns `corrupt` if a line is malformed or the policy breaks a rule
result<policy> parse_policy(std::string_view name, std::string_view text);

/// Whether a command that writes `key` is under a policy of `prefix`.
bool under_policy(std::string_view prefix, std::string_view key);

/// Of these machines, those that did not acknowledge a command: after one that
/// adds a policy they may not know it yet.
std::vector<machine_id> unaware_of(const story& x,
                                   const std::vector<machine_id>& all);

/// What a story says of a policy: `<name>: <reason>`.
std::string title_of(const policy& x);

} // namespace muster
