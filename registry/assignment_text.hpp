// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/result.hpp"

#include <string>
#include <string_view>

namespace muster {

// The values of `members/<id>` and `shards/<n>` in the coordinator (M1): one
// `name=value` a line, so that an operator can read them. Unknown names are
// skipped (a newer version wrote them). Replicas: `id:store,id:store`.

std::string to_text(const assignment& x);

/// @param at  the modification revision. A stored term of 0 next to a primary
///   means: the revision of this very change (a takeover).
/// @returns `corrupt` if a field is malformed
result<assignment> parse_assignment(shard_id shard, std::string_view text,
                                    epoch at);

std::string to_text(const member& x);

result<member> parse_member(std::string_view text);

} // namespace muster
