// SPDX-License-Identifier: Apache-2.0
#include "cli/on_server.hpp"

#include "cli/output.hpp"
#include "cli/servers.hpp"

#include <algorithm>

namespace muster::cli {

namespace {

/// A machine accepts no longer timeout.
constexpr std::chrono::milliseconds server_timeout_max{60'000};

} // namespace

exit_code
on_server(const globals& x, std::chrono::milliseconds timeout,
          const std::string& what,
          const std::function<status(http_caller&, const deadline&)>& act) {
  deadline end{x.timeout_or(timeout)};
  attempt trying{.what = what, .where = {}, .next = {}, .json = x.json};
  auto server = choose_server(x, end);
  if (!server)
    return report(server.failure(), trying);
  http_caller caller{std::move(*server)};
  trying.where = caller.to().text();
  auto done = act(caller, end);
  return done ? exit_code::ok : report(done.failure(), trying);
}

std::string timeout_parameter(const deadline& end) {
  auto left = std::min(end.left() * 9 / 10, server_timeout_max);
  return "timeout=" + std::to_string(std::max<int64_t>(left.count(), 1)) + "ms";
}

} // namespace muster::cli
