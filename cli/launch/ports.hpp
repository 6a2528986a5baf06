// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstdint>
#include <vector>

namespace muster::launch {

/// Whether a program could listen on 127.0.0.1 at this port now.
bool port_is_free(uint16_t port);

/// Whether it is one of etcd's own ports, where the system's etcd may run.
bool is_reserved(uint16_t port);

/// `count` free ports in ascending order, outside of the range that the system
/// gives to outgoing connections, so that they are free at the next start too.
/// Error: `in_use` (there are not so many).
result<std::vector<uint16_t>> choose_ports(size_t count);

/// `count` ports from `base`.
/// Error: `invalid_argument` (beyond 65535, or a reserved one among them)
result<std::vector<uint16_t>> ports_from(uint16_t base, size_t count);

} // namespace muster::launch
