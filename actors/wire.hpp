// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "registry/result.hpp"
#include "runtime/ports/transport.hpp"

namespace muster {

/// The lane that a message belongs on: leases have their own (T2).
lane lane_of(const wire_message& x);

/// Encodes a message: the tag is its index in `wire_message`, the payload its
/// fields in order.
packet encode(const wire_message& x);

/// Decodes what `encode` made. Every message is at most as large in memory as
/// a small multiple of the payload: lengths are checked against what is left.
/// Errors: `corrupt` for an unknown tag or enumerator, too few or too many
/// bytes.
result<wire_message> decode(const packet& x);

} // namespace muster
