// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/http/message.hpp"
#include "runtime/http/options.hpp"

#include <chrono>

namespace muster::http {

/// What is left of the time that a request may take, by its `timeout`
/// parameter or the default, after it has waited for a thread.
/// @returns `invalid_argument` (not a duration, or too long) or `timed_out`
result<std::chrono::nanoseconds> time_left(const request& x,
                                           const options& config);

} // namespace muster::http
