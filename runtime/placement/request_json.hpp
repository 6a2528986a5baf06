// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/explanation.hpp"
#include "allocator/qos.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace muster {

// QoS objects and explanations as JSON, for records and interfaces alike.

/// Members keep the order in which they were written, for people.
using placement_json = nlohmann::ordered_json;

/// Reads the members that are named like the fields of `qos` with their units:
/// capacity_bytes, latency_ns, bandwidth_bits_per_second, hops, from,
/// load_permille, cores_permille, memory_bytes, gpus, gpu_share_permille,
/// device_kind, labels (an array of `name=value`), replicas, spread, objective,
/// duration_ns. No other may be there; `check_qos` is the caller's.
/// Errors: `invalid_argument`; the message begins with the member's name.
result<qos> parse_qos(const placement_json& x);

/// Only what is given in `x`; `parse_qos` reads the same from it.
placement_json json_of(const qos& x);

/// `{candidates, satisfying, excluded, nearest, best}`; what nobody measured
/// or reaches is null.
placement_json json_of(const explanation& x);

/// A sentence on why nothing satisfies a request: the criterion that excludes
/// most, and the candidate that comes nearest.
std::string refusal_text(const explanation& x);

} // namespace muster
