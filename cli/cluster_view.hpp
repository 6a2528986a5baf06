// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"
#include "cli/deadline.hpp"

#include <nlohmann/json.hpp>

namespace muster::cli {

/// The status of the whole cluster: what one machine answered, with the state
/// of each shard as the shard's primary tells it, since the others know only
/// that it is assigned.
///
/// A primary that does not answer within a second, or `end`, is said in the
/// state of its shards.
/// @param first  the answer of one machine to `/v1/status`; has `machines` and
///               `shards`
json cluster_view(json first, const deadline& end);

/// How many shards are served.
size_t served_shards(const json& view);

} // namespace muster::cli
