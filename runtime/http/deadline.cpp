// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/deadline.hpp"

#include "runtime/http/duration.hpp"

namespace muster::http {

result<std::chrono::nanoseconds> time_left(const request& x,
                                           const options& config) {
  auto allowed = config.request_timeout;
  if (auto text = x.parameter("timeout")) {
    auto parsed = parse_timeout(*text);
    if (!parsed || *parsed > config.request_timeout_max)
      return error{errc::invalid_argument,
                   "`timeout` must be a duration such as 500ms or 2s, at most "
                     + std::to_string(config.request_timeout_max.count())
                     + "ms"};
    allowed = *parsed;
  }
  std::chrono::nanoseconds left = x.arrived + allowed
                                  - std::chrono::steady_clock::now();
  if (left <= std::chrono::nanoseconds::zero())
    return error{errc::timed_out,
                 "the timeout was over before the request was begun: this "
                 "machine has too much to do"};
  return left;
}

} // namespace muster::http
