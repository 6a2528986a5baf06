// SPDX-License-Identifier: Apache-2.0
#include "cli/on_server.hpp"

#include "cli/launch/cluster_file.hpp"
#include "cli/servers.hpp"

#include <algorithm>

namespace muster::cli {

namespace {

/// A machine accepts no longer timeout.
constexpr std::chrono::milliseconds server_timeout_max{60'000};

} // namespace

exit_code
on_server(const globals& x, std::chrono::milliseconds timeout, attempt& trying,
          const std::function<status(http_caller&, const deadline&)>& act) {
  deadline end{x.timeout_or(timeout)};
  auto server = choose_server(x, end);
  if (!server) {
    // The message names what there is.
    if (server.failure().code == errc::not_found)
      trying.next = "muster status" + target_options(x);
    if (server.failure().code == errc::not_found && x.address.empty()
        && !launch::read_plan(x.dir))
      trying.next = "muster up" + target_options(x);
    return report(x, server.failure(), trying);
  }
  http_caller caller{std::move(*server)};
  trying.where = caller.to().text();
  auto done = act(caller, end);
  trying.answered = caller.answered();
  return done ? exit_code::ok : report(x, done.failure(), trying);
}

std::string timeout_parameter(const deadline& end) {
  auto left = std::min(end.left() * 9 / 10, server_timeout_max);
  return "timeout=" + std::to_string(std::max<int64_t>(left.count(), 1)) + "ms";
}

} // namespace muster::cli
