// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/deadline.hpp"
#include "cli/exit_code.hpp"
#include "cli/globals.hpp"
#include "cli/http_call.hpp"
#include "cli/output.hpp"

#include <functional>
#include <string>

namespace muster::cli {

constexpr std::chrono::milliseconds ordinary_timeout{5000};

/// Chooses a machine, lets `act` talk to it, and reports what failed.
/// @param trying  for the error; `act` may say in it what was applied, and what
///                to do next
exit_code
on_server(const globals& x, std::chrono::milliseconds timeout, attempt& trying,
          const std::function<status(http_caller&, const deadline&)>& act);

inline exit_code
on_server(const globals& x, std::chrono::milliseconds timeout, attempt&& trying,
          const std::function<status(http_caller&, const deadline&)>& act) {
  return on_server(x, timeout, trying, act);
}

/// `timeout=...`, a little less than what is left, so that the machine's own
/// answer, which says more, comes before ours.
std::string timeout_parameter(const deadline& end);

} // namespace muster::cli
