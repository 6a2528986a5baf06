// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/base64.hpp"
#include "runtime/coordinator/etcd_codec.hpp"
#include "tests/fuzz/target.hpp"

// What etcd, or something that answers in its place, sends: every reader gets
// every text.

namespace muster::fuzz {

bool run(std::string_view input) {
  auto any = false;
  if (auto range = etcd::decode_range(input)) {
    any = true;
    for (auto& each : range->entries)
      require(!each.key.empty() && each.mod_revision > 0, "a record is one");
  }
  if (auto answer = etcd::decode_txn(input))
    any = true;
  if (auto lease = etcd::decode_grant(input)) {
    any = true;
    require(*lease != 0, "a lease has a number");
  }
  any = etcd::decode_keep_alive(input).has_value() || any;
  if (auto token = etcd::decode_login(input)) {
    any = true;
    require(!token->empty(), "a token is a text");
  }
  any = etcd::decode_watch(input) != etcd::watch_line::ended || any;
  auto refused = etcd::decode_refusal(input);
  static_cast<void>(etcd::react_to(refused));
  any = refused.code != 2 || any;
  static_cast<void>(etcd::encode_range(input));
  static_cast<void>(etcd::encode_login(input, input));
  return any;
}

std::vector<std::string> seeds() {
  return {
    R"({"header":{"revision":"7"},"kvs":[{"key":"YQ==","value":"Yg==",)"
    R"("mod_revision":"5"}]})",
    R"({"header":{"revision":"7"},"succeeded":true})",
    R"({"ID":"123","TTL":"5"})",
    R"({"result":{"header":{"revision":"7"},"ID":"1","TTL":"5"}})",
    R"({"token":"abc"})",
    R"({"result":{"header":{"revision":"7"},"created":true}})",
    R"({"result":{"header":{"revision":"7"},"events":[{}]}})",
    R"({"result":{"canceled":true,"cancel_reason":"invalid auth token"}})",
    R"({"code":16,"message":"invalid auth token"})",
    R"({"error":{"grpc_code":14,"message":"no leader"}})",
  };
}

} // namespace muster::fuzz
