// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/etcd_auth.hpp"

#include <nlohmann/json.hpp>

namespace muster::launch {

namespace {

using nlohmann::json;

/// @returns ok, or `denied` with etcd's words
status log_in(const etcd_call& call, uint16_t port, const json& root) {
  auto answered = call(port, "/v3/auth/authenticate", root.dump());
  if (!answered)
    return answered.failure();
  auto parsed = json::parse(*answered, nullptr, false);
  if (parsed.is_object() && parsed.contains("token"))
    return ok();
  return error{errc::denied, "etcd does not take its password: " + *answered};
}

} // namespace

bool etcd_is_healthy(const etcd_call& call, uint16_t port) {
  auto answered = call(port, "/health", "");
  if (!answered)
    return false;
  auto parsed = json::parse(*answered, nullptr, false);
  return parsed.is_object() && parsed.value("health", json{}) == "true";
}

status protect_etcd(const etcd_call& call, uint16_t port,
                    const std::string& password) {
  json root{{"name", "root"}, {"password", password}};
  // An earlier start has done it all.
  if (log_in(call, port, root))
    return ok();
  json grant{{"user", "root"}, {"role", "root"}};
  // A step that a broken start has done already is refused, so only the proof
  // at the end counts.
  for (auto& [path, body] : {std::pair{"/v3/auth/user/add", root},
                             {"/v3/auth/role/add", json{{"name", "root"}}},
                             {"/v3/auth/user/grant", grant},
                             {"/v3/auth/enable", json::object()}})
    if (auto answered = call(port, path, body.dump()); !answered)
      return answered.failure();
  return log_in(call, port, root);
}

} // namespace muster::launch
