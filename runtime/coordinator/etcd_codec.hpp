// SPDX-License-Identifier: Apache-2.0
#pragma once

// etcd's JSON gateway, version 3.4. Every request is a POST with a JSON body;
// the JSON is protocol buffers' own mapping: bytes are base64, 64-bit numbers
// are strings, and a field with its default value is left out.
//
//   path                    request                       answer
//   /v3/kv/range            key, range_end                header.revision, kvs
//   /v3/kv/txn              compare, success              header.revision,
//                                                         succeeded (true or
//                                                         left out)
//   /v3/lease/grant         TTL                           ID
//   /v3/lease/keepalive     ID                            result.TTL (left out:
//                                                         the lease has ended)
//   /v3/watch               create_request{key,range_end} lines of result{
//                                                         created, canceled,
//                                                         events}
//   /v3/auth/authenticate   name, password                token
//
// An error has HTTP status 4xx or 5xx and {"code": <gRPC code>, "message"}; on
// a streaming path {"error": {"grpc_code", "message"}}.

#include "runtime/ports/coordinator.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::etcd {

/// The first key after all that begin with `prefix`; one zero byte, which etcd
/// reads as "no end", if there is none.
std::string end_of_prefix(std::string_view prefix);

std::string encode_range(std::string_view prefix);

/// @param lease  the liveness lease that bound keys end with; not 0 if
///               `request` has any
std::string encode_txn(const coordinator_txn& request, int64_t lease);

std::string encode_grant(int64_t ttl_seconds);
std::string encode_keep_alive(int64_t lease);
std::string encode_watch(std::string_view prefix);
std::string encode_login(std::string_view user, std::string_view password);

// Each decoder returns nothing if the text is not the answer it should be.

std::optional<coordinator_range> decode_range(std::string_view text);
std::optional<coordinator_txn_answer> decode_txn(std::string_view text);

/// The number of the new lease, never 0.
std::optional<int64_t> decode_grant(std::string_view text);

/// The seconds left; 0 = the lease has ended.
std::optional<int64_t> decode_keep_alive(std::string_view text);

/// The token, never empty.
std::optional<std::string> decode_login(std::string_view text);

/// What a line of a watch says.
enum class watch_line {
  changed,
  created,
  /// etcd has closed the watch: open it again.
  ended,
  /// As `ended`, because the token is no good.
  log_in,
  other,
};

/// Anything that is no line of a watch counts as `ended`.
watch_line decode_watch(std::string_view line);

/// Why etcd did not do it.
struct refusal {
  int code = 2;
  std::string message;
};

/// gRPC's code 2, "unknown", if the text is not from etcd.
refusal decode_refusal(std::string_view text);

/// What to do about a refusal.
enum class reaction {
  /// The token is missing, unknown or old: log in, then send it again.
  log_in,
  /// The user may not do this, or the password is wrong.
  give_up_denied,
  /// The request breaks a rule of etcd.
  give_up_invalid,
  /// The liveness lease has ended; nothing was applied.
  lease_ended,
  /// etcd has no users: go on without a token.
  no_login_needed,
  /// Surely not applied: try elsewhere, later.
  try_later,
  /// A transaction may have been applied, or may still be.
  in_doubt,
};

reaction react_to(const refusal& x);

} // namespace muster::etcd
