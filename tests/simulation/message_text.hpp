// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "runtime/ports/transport.hpp"

#include <span>
#include <string>

namespace muster::sim {

/// The names of all types, in the order of `wire_message`.
std::span<const char* const> message_names();

/// The name of its type.
const char* name_of(const wire_message& x);

/// Whether the packet is a message that no transport may send again (C3).
bool never_repeated(const packet& x);

/// A message between machines in one line, for the trace.
std::string describe(const wire_message& x);

} // namespace muster::sim
