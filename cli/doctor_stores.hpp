// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/doctor_checks.hpp"

namespace muster::cli {

/// Stores that their machines set aside, and why.
findings check_stores(const std::filesystem::path& directory,
                      const launch::cluster_plan& plan);

} // namespace muster::cli
