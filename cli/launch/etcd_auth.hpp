// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace muster::launch {

/// How this file calls etcd: `body` as a POST to `path` of `port` on loopback;
/// an answer of any status, or an error.
using etcd_call = std::function<result<std::string>(
  uint16_t port, const std::string& path, const std::string& body)>;

/// Whether the member at `port` can read and write now.
bool etcd_is_healthy(const etcd_call& call, uint16_t port);

/// Makes `root` with this password and turns authentication on, unless that was
/// done before; then proves that the password is right.
/// Error: `denied` with etcd's words.
status protect_etcd(const etcd_call& call, uint16_t port,
                    const std::string& password);

} // namespace muster::launch
