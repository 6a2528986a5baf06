// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/write_report.hpp"

namespace muster::bench {

/// Measures etcd's puts as fairly as we can: gRPC, not the JSON gateway, which
/// is half as fast; all connections to the leader, as etcd's own benchmark does
/// with `--target-leader`; the members keep their default durability. Without
/// `options.endpoints` it starts three members, and stops them.
///
/// A write's latency goes from the call to the moment its completion is taken
/// from the queue; as many are always in flight as the options say.
write_report run_etcd_writes(const write_options& options);

} // namespace muster::bench
