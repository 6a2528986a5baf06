// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/http/message.hpp"

#include <string>

namespace muster::http {

/// The HTTP status of an error.
unsigned status_of(errc code);

/// The command that helps most often after an error.
const char* next_step(errc code);

/// `{"error":{"code","message","applied","next"}}` with the status of the
/// code. `applied` is `unknown` for `errc::unknown` and `no` otherwise.
response problem(const error& what);

/// The same with another status, for what HTTP has a status of its own.
response problem(unsigned status, const error& what);

/// `overloaded`: `what` is full.
response too_busy(const std::string& what);

} // namespace muster::http
