// SPDX-License-Identifier: Apache-2.0
#include "cli/etcd_caller.hpp"

#include "cli/http_call.hpp"

namespace muster::cli {

launch::etcd_call etcd_caller(std::chrono::milliseconds timeout) {
  return [timeout](uint16_t port, const std::string& path,
                   const std::string& body) -> result<std::string> {
    http_caller caller{{"etcd", "127.0.0.1:" + std::to_string(port), {}}};
    auto answered = caller.send({.method = body.empty() ? "GET" : "POST",
                                 .target = path,
                                 .body = body,
                                 .timeout = timeout});
    if (!answered)
      return answered.failure();
    return answered->body;
  };
}

} // namespace muster::cli
