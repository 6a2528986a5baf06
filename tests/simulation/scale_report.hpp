// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/scale_run.hpp"

#include <iosfwd>
#include <vector>

namespace muster::sim {

/// Tables for people.
void print_scale(std::ostream& out, const std::vector<scale_result>& all);

/// One JSON object with everything that was measured: `{"clusters": [...]}`;
/// times in nanoseconds.
void print_scale_json(std::ostream& out, const std::vector<scale_result>& all);

} // namespace muster::sim
