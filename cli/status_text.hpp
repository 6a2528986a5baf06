// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"

#include <string>

namespace muster::cli {

/// The machines with what they carry, and the shards that are not served; or
/// one line for each shard.
std::string status_text(const json& status, bool every_shard);

} // namespace muster::cli
