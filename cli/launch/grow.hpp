// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/cluster_file.hpp"

namespace muster::launch {

/// One more machine: the first free name and two free ports.
/// @param behind  the switch; empty: that with the fewest machines, if any
/// Errors: `invalid_argument` (an embedded coordinator serves one machine; too
/// many; no such switch), `in_use` (no ports).
result<planned_machine> next_machine(const std::filesystem::path& directory,
                                     const cluster_plan& x,
                                     const std::string& behind = {});

/// Adds a machine to the cluster of a directory: certificate, configuration,
/// plan; and starts it, to outlive this process.
/// Errors: those of `next_machine`, of the directory, its lock and the start.
result<planned_machine> add_machine(const std::filesystem::path& directory,
                                    const std::string& behind = {});

/// Takes a machine out of the plan, so that `muster up` starts it no more; its
/// folder stays. Errors: those of the directory and its lock.
status forget_machine(const std::filesystem::path& directory,
                      const std::string& id);

} // namespace muster::launch
