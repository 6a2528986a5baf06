// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/coordinator/options.hpp"

namespace muster {

/// @returns `invalid_argument` if a field is out of its documented bounds
status check(const coordinator_options& options);

/// As above, also for the limits inside.
status check(const etcd_options& options);
status check(const embedded_options& options);

} // namespace muster
