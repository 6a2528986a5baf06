// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace muster::cli {

/// `machine list` and `machine show`, in the group `machine`.
void add_machine_views(CLI::App& machine, invocation& to);

} // namespace muster::cli
