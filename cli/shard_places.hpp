// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"

#include <cstdint>
#include <string>

namespace muster::cli {

// Questions to the answer of `/v1/status`; a member that is missing is a no.

/// Whether the machine is the primary of the shard.
bool is_home(const json& status, uint32_t shard, const std::string& machine);

/// How many shards have a replica or learner on the machine.
size_t shards_of(const json& status, const std::string& machine);

bool is_serving(const json& status, const std::string& machine);

} // namespace muster::cli
