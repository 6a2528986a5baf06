// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/deadline.hpp"
#include "cli/exit_code.hpp"
#include "cli/globals.hpp"
#include "cli/http_call.hpp"

#include <functional>
#include <string>

namespace muster::cli {

constexpr std::chrono::milliseconds ordinary_timeout{5000};

/// Chooses a machine, lets `act` talk to it, and reports what failed.
/// @param what  for the error, such as `put /a/b`
exit_code
on_server(const globals& x, std::chrono::milliseconds timeout,
          const std::string& what,
          const std::function<status(http_caller&, const deadline&)>& act);

/// `timeout=...`, a little less than what is left, so that the machine's own
/// answer, which says more, comes before ours.
std::string timeout_parameter(const deadline& end);

} // namespace muster::cli
