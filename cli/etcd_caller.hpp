// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/etcd_auth.hpp"

#include <chrono>

namespace muster::cli {

/// Calls etcd's JSON gateway on loopback with libcurl: POSTs a body, GETs where
/// there is none.
launch::etcd_call etcd_caller(std::chrono::milliseconds timeout);

} // namespace muster::cli
