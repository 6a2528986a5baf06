// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/options.hpp"
#include "runtime/ports/coordinator.hpp"

namespace muster {

/// Whether `request` keeps the limits and etcd's rules: at least one put or
/// delete, no empty key, no key written twice. Every coordinator asks this
/// first, so that a program that runs on one runs on all.
/// @returns `invalid_argument` otherwise; nothing was applied
status check(const coordinator_txn& request, const coordinator_options& limits);

} // namespace muster
