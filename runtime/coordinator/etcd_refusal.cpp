// SPDX-License-Identifier: Apache-2.0

// The half of etcd_codec.hpp that is about errors.

#include "runtime/coordinator/etcd_codec.hpp"

#include <nlohmann/json.hpp>

namespace muster::etcd {

namespace {

using nlohmann::json;

// The gRPC codes that etcd uses and that differ in what we do.
constexpr int invalid_argument = 3;
constexpr int not_found = 5;
constexpr int permission_denied = 7;
constexpr int resource_exhausted = 8;
constexpr int failed_precondition = 9;
constexpr int unauthenticated = 16;

bool says(const refusal& x, std::string_view words) {
  return x.message.find(words) != std::string::npos;
}

/// etcd answers a wrong password, a missing token and a request that is too
/// large with the same code.
reaction react_to_invalid(const refusal& x) {
  if (says(x, "user name is empty") || says(x, "auth store is old")
      || says(x, "revision in header is old"))
    return reaction::log_in;
  if (says(x, "authentication failed"))
    return reaction::give_up_denied;
  return reaction::give_up_invalid;
}

reaction react_to_exhausted(const refusal& x) {
  if (says(x, "too many requests"))
    return reaction::try_later;
  if (says(x, "larger than max"))
    return reaction::give_up_invalid;
  // Also "database space exceeded": etcd may say that of a transaction that it
  // has just applied.
  return reaction::in_doubt;
}

} // namespace

refusal decode_refusal(std::string_view text) {
  refusal result;
  auto answer = json::parse(text, nullptr, false);
  if (!answer.is_object()) {
    // Plain text, before anything was done: with users, etcd takes no name
    // from the certificate of a gateway's client, and says so to any that has
    // one.
    if (text.find("CommonName of client") != std::string_view::npos)
      return {permission_denied,
              "etcd with passwords wants a client "
              "certificate without a CommonName"};
    result.message = "the answer is not etcd's";
    return result;
  }
  const json* from = &answer;
  if (auto i = answer.find("error"); i != answer.end() && i->is_object())
    from = &*i;
  for (auto name : {"code", "grpc_code"})
    if (auto i = from->find(name); i != from->end() && i->is_number_integer())
      result.code = i->get<int>();
  if (auto i = from->find("message"); i != from->end() && i->is_string())
    result.message = i->get<std::string>();
  return result;
}

reaction react_to(const refusal& x) {
  switch (x.code) {
    case invalid_argument:
      return react_to_invalid(x);
    case not_found:
      return says(x, "lease not found") ? reaction::lease_ended
                                        : reaction::in_doubt;
    case permission_denied:
      return reaction::give_up_denied;
    case resource_exhausted:
      return react_to_exhausted(x);
    case failed_precondition:
      return says(x, "authentication is not enabled")
               ? reaction::no_login_needed
               : reaction::in_doubt;
    case unauthenticated:
      return reaction::log_in;
    default:
      // Among them "no leader" and "request timed out" (14): what was proposed
      // may still be applied.
      return reaction::in_doubt;
  }
}

} // namespace muster::etcd
