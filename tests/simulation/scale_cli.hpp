// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace muster::sim {

/// Whether the command line asks for `muster-sim --scale`, which has options of
/// its own.
bool asks_for_scale(int argc, char** argv);

/// Runs it. @returns the exit code: 0 measured, 1 something is wrong, 2 usage
int run_scale(int argc, char** argv);

} // namespace muster::sim
