// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/options_check.hpp"

#include <string_view>

namespace muster {

namespace {

using std::chrono::milliseconds;

error refuse(const std::string& why) {
  return error{errc::invalid_argument, "coordinator options: " + why};
}

template <class T>
bool within(const T& x, const T& low, const T& high) {
  return low <= x && x <= high;
}

/// `host:port` without its scheme, or nothing if it is no endpoint.
std::string_view authority(std::string_view endpoint, std::string_view scheme) {
  if (!endpoint.starts_with(scheme))
    return {};
  endpoint.remove_prefix(scheme.size());
  return endpoint.find_first_of("/?#@ ") == std::string_view::npos
           ? endpoint
           : std::string_view{};
}

bool is_loopback(std::string_view host_and_port) {
  auto host = host_and_port.substr(0, host_and_port.rfind(':'));
  if (host == "localhost" || host == "[::1]")
    return true;
  // Not a name such as 127.example.org.
  return host.starts_with("127.")
         && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

status check_endpoint(const std::string& endpoint, bool has_password,
                      bool may_be_plaintext) {
  if (!authority(endpoint, "https://").empty())
    return ok();
  auto plain = authority(endpoint, "http://");
  if (plain.empty())
    return refuse("the endpoint '" + endpoint
                  + "' is not http(s)://host:port without a path");
  if (has_password && !may_be_plaintext && !is_loopback(plain))
    return refuse("the password would go in plain text to " + endpoint
                  + "; use https");
  return ok();
}

} // namespace

status check(const coordinator_options& x) {
  if (!within(x.deadline, milliseconds{100}, milliseconds{60'000}))
    return refuse("deadline is not within 100 ms and 1 min");
  if (!within(x.queue_max, size_t{1}, size_t{10'000}))
    return refuse("queue_max is not within 1 and 10000");
  return ok();
}

status check(const etcd_options& x) {
  if (auto limits = check(x.limits); !limits)
    return limits;
  if (x.endpoints.empty())
    return refuse("no endpoint");
  for (auto& endpoint : x.endpoints)
    if (auto y = check_endpoint(endpoint, !x.user.empty(),
                                x.plaintext_password);
        !y)
      return y;
  if (!within(x.connections_max, size_t{1}, size_t{64}))
    return refuse("connections_max is not within 1 and 64");
  if (x.certificate_file.empty() != x.key_file.empty())
    return refuse("a client certificate needs certificate_file and key_file");
  if (x.watch_pause_min < milliseconds{1}
      || x.watch_pause_max < x.watch_pause_min)
    return refuse("watch_pause_min is not within 1 ms and watch_pause_max");
  return ok();
}

status check(const embedded_options& x) {
  if (auto limits = check(x.limits); !limits)
    return limits;
  if (x.directory.empty())
    return refuse("no directory");
  if (x.expiry_poll < milliseconds{1})
    return refuse("expiry_poll is below 1 ms");
  return ok();
}

} // namespace muster
