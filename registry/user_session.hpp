// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace muster {

// Sessions of users: records that are bound to one vanish when it ends. (Not
// T4's sessions, which are numbers of leases.) A session is nothing but
// records, and all that happens to it are commands:
//
//     /sessions/<id>              the head: who it is for, see `user_session`
//     /sessions/<id>/renewed      a counter; a renewal adds 1
//     /sessions/<id>/keys/<key>   the value with which <key> was bound
//
// All of a session lie in one shard (one entity group). Rules: a renewal and a
// binding are guarded by the head, so neither comes after the end; the end is
// guarded by the head and the version of `renewed`, so no renewal is overlooked
// (U1). A bound record vanishes only if it still has the value that it was
// bound with: what somebody else has written since is theirs (U2).
//
// When a session ends its head says `ended` until all that it bound is settled:
// what could not vanish by the same command, and what was bound meanwhile. Its
// id is taken until then, and nothing more can be bound to it.

/// Below it lie all sessions.
constexpr std::string_view sessions_prefix = "/sessions";

constexpr nanoseconds session_ttl_min = std::chrono::seconds{1};
constexpr nanoseconds session_ttl_max = std::chrono::hours{24};

/// Longest id, in bytes.
constexpr size_t session_id_bytes_max = 100;

/// Longest value of a bound record, in bytes: it is kept twice.
constexpr size_t bound_value_bytes_max = 16 * 1024;

/// The head of a session.
struct user_session {
  std::string id;
  /// Without a renewal for so long it ends.
  nanoseconds ttl{};
  /// Where it was opened; for a person.
  machine_id opened_at;
  /// For a person; one line.
  std::string label;

  bool operator==(const user_session&) const = default;
};

/// Errors: `invalid_argument` with the rule that is broken (id: one segment of
/// a key, at most `session_id_bytes_max`; ttl within its bounds; label: at most
/// 200 bytes, one line).
status check_session(const user_session& x);

/// The value of the head: `name=value` a line.
std::string to_text(const user_session& x);

/// Errors: `corrupt`.
result<user_session> parse_session(std::string_view id, std::string_view text);

std::string session_key(std::string_view id);
std::string renewed_key(std::string_view id);
/// @param key  begins with `/`
std::string bound_key(std::string_view id, std::string_view key);

/// What a key under `sessions_prefix` is of.
struct session_part {
  enum class kind : uint8_t { head, renewed, bound, other };

  kind what = kind::other;
  std::string_view id;
  /// bound: the key that was bound. Views into the argument.
  std::string_view key;
};

/// @pre `covers(sessions_prefix, key)`
session_part part_of_session(std::string_view key);

/// Opens a session; refused if there is one of this id.
/// @pre `check_session(x)`
command open_command(const user_session& x);

/// Refused if the session has ended, or is another one of the same id.
command renew_command(const user_session& x);

/// Adds to `x` what binds the records that it puts: it is refused then if the
/// session has ended.
/// Errors: `invalid_argument`: a value or a key is too long, or there are other
/// operations (`else`), or nothing is put.
status bind(command& x, const user_session& to);

/// A record that a session binds, and the value with which it did.
struct bound_record {
  std::string key;
  std::string value;
};

/// More bound records do not end with their session by one command.
constexpr size_t bound_at_once_max = (command_parts_max - 4) / 3;

/// Ends a session, and its records vanish with it; refused if it has ended, or
/// if another value was written to one of them (U2).
/// @pre at most `bound_at_once_max` are bound
command end_command(const user_session& x,
                    const std::vector<bound_record>& bound);

/// Ends a session; what was bound vanishes soon after, see `session_keeper`.
command end_head_command(const user_session& x);

/// The head of a session that has ended and is not settled yet.
constexpr std::string_view ended_text = "ended\n";

/// Adds to a command that a bound record vanishes.
void add_end(command& to, std::string_view id, std::string key,
             std::string value);

} // namespace muster
