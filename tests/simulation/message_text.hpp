// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"

#include <string>

namespace muster::sim {

/// The name of its type.
const char* name_of(const wire_message& x);

/// A message between machines in one line, for the trace.
std::string describe(const wire_message& x);

} // namespace muster::sim
