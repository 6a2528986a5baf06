// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/write_report.hpp"
#include "runtime/machine.hpp"

namespace muster::bench {

/// Writes through libmuster inside `m`: durable on three machines when
/// answered. `connections_count` and `endpoints` are not used.
write_report run_muster_writes(machine& m, const write_options& options);

} // namespace muster::bench
