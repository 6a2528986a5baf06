// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/user_session.hpp"
#include "runtime/machine.hpp"

#include <vector>

namespace muster {

// Sessions of users at a machine, see `registry/user_session.hpp`. Each of
// these blocks until it is done, at most `timeout`. A session is renewed by
// whoever opened it, in time: one that has ended never comes back, and who has
// had no answer to a renewal for its time to live must take it for ended.

/// A session, and what is bound to it.
struct session_view {
  user_session what;
  std::vector<bound_record> bound;
};

/// Opens a session. An empty id is filled in, and so is where it is opened.
/// Errors: `invalid_argument`; `refused`: there is one of this id;
/// `unavailable`; `unknown`: it may be open, and ends by itself.
result<user_session> open_session(machine& at, user_session x,
                                  std::chrono::nanoseconds timeout);

/// Errors: `invalid_argument`, `not_found`: it has ended, or never was;
/// `unavailable`.
result<session_view> find_session(machine& at, const std::string& id,
                                  std::chrono::nanoseconds timeout);

/// All that are open, by id. Errors: `unavailable`.
result<std::vector<session_view>>
list_sessions(machine& at, std::chrono::nanoseconds timeout);

/// It lives for its whole time from now on.
/// Errors: as `find_session`; `unknown`.
result<user_session> renew_session(machine& at, const std::string& id,
                                   std::chrono::nanoseconds timeout);

/// Ends it, and what is bound to it vanishes: with it, by one command, unless
/// there are more than `bound_at_once_max` or another value was written to one
/// of them; then soon afterwards. Errors: as `find_session`; `unknown`.
status end_session(machine& at, const std::string& id,
                   std::chrono::nanoseconds timeout);

/// Carries a command out and binds what it puts to a session.
/// Errors: as `find_session`; `invalid_argument`, see `bind`; `refused`: a
/// record is there with the very value, and not by this session: write one that
/// tells them apart (a start time, the session's id).
result<command_answer> submit_bound(machine& at, command x,
                                    const std::string& session_id,
                                    submit_options how = {});

} // namespace muster
