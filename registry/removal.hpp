// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/move_planner.hpp"

namespace muster {

/// Whether the member record of `id` may be deleted: it holds no shard and is
/// not alive. With `force` only that it is registered matters; its replicas
/// are replaced like those of a dead machine.
/// Errors: `not_found`; `in_use` says which of both.
status may_remove(const cluster_facts& x, const machine_id& id, bool force);

} // namespace muster
