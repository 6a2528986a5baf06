// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/answers.hpp"

#include <string>

namespace muster::cli {

/// One line for each part of each allocation.
std::string allocations_text(const json& all);

/// Whom each criterion excludes, and who comes nearest; or the candidates with
/// their scores.
std::string explanation_text(const json& x);

/// Places and links, a line for each link.
std::string topology_text(const json& x);

/// The same for Graphviz.
std::string topology_dot(const json& x);

} // namespace muster::cli
