// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"

#include <string>

namespace muster::cli {

/// A command: what became of it, what it does, and who took part, those behind
/// a switch below it.
std::string story_text(const json& story);

/// One line for each command.
std::string stories_text(const json& stories);

} // namespace muster::cli
