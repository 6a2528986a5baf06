// SPDX-License-Identifier: Apache-2.0
#include "runtime/sessions/sessions.hpp"

#include "registry/key.hpp"
#include "runtime/time_limit.hpp"

#include <atomic>
#include <map>

namespace muster {

namespace {

error ended(const std::string& id) {
  return error{errc::not_found,
               "there is no session " + id + ": it has ended, or never was"};
}

status run(machine& at, command x, const time_limit& limit) {
  auto done = at.submit(std::move(x), {limit.left(), {}});
  return done.what == outcome::committed ? ok() : status{error_of(done)};
}

/// Puts together what lies below `/sessions`, or below one of them.
std::vector<session_view> views_of(const std::vector<read_answer>& records) {
  std::map<std::string_view, session_view> found;
  std::map<std::string_view, std::vector<bound_record>> bound;
  for (auto& r : records) {
    auto part = part_of_session(r.key);
    if (part.what == session_part::kind::head) {
      if (auto head = parse_session(part.id, r.value))
        found[part.id].what = *head;
    } else if (part.what == session_part::kind::bound) {
      bound[part.id].push_back({std::string{part.key}, r.value});
    }
  }
  std::vector<session_view> out;
  for (auto& [id, view] : found) {
    view.bound = std::move(bound[id]);
    out.push_back(std::move(view));
  }
  return out;
}

/// The head of a session that has not ended.
result<user_session> head_of(machine& at, const std::string& id,
                             const time_limit& limit) {
  auto proto = user_session{id, session_ttl_min, {}, {}};
  if (auto checked = check_session(proto); !checked)
    return checked.failure();
  auto found = at.get(session_key(id), {false, limit.left()});
  if (!found)
    return found.failure();
  auto head = parse_session(id, found->value);
  return found->found && head ? head : ended(id);
}

/// Bound records are told apart by their values (U2): what is there already
/// with this very value may be another session's, and would vanish with that.
status check_free(machine& at, const user_session& mine, const operation& x,
                  const time_limit& limit) {
  auto there = at.get(x.key, {false, limit.left()});
  if (!there)
    return there.failure();
  if (!there->found || there->value != x.value)
    return ok();
  auto bound = at.get(bound_key(mine.id, x.key), {false, limit.left()});
  if (!bound)
    return bound.failure();
  if (bound->found && bound->value == x.value)
    return ok();
  return error{errc::refused,
               x.key + " has this value already, perhaps of a former session: "
                 "write another value, or wait until that session has ended"};
}

std::string fresh_id(const machine& at) {
  static std::atomic<uint64_t> count{0};
  // Another process of this machine has another boot time to the nanosecond.
  auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return at.id().value + "-" + std::to_string(now) + "-"
         + std::to_string(++count);
}

} // namespace

result<user_session> open_session(machine& at, user_session x,
                                  std::chrono::nanoseconds timeout) {
  if (x.id.empty())
    x.id = fresh_id(at);
  x.opened_at = at.id();
  if (auto checked = check_session(x); !checked)
    return checked.failure();
  if (auto done = run(at, open_command(x), time_limit{timeout}); !done) {
    if (done.failure().code == errc::refused)
      return error{errc::refused, "there is a session " + x.id + " already"};
    return done.failure();
  }
  return x;
}

result<session_view> find_session(machine& at, const std::string& id,
                                  std::chrono::nanoseconds timeout) {
  auto proto = user_session{id, session_ttl_min, {}, {}};
  if (auto checked = check_session(proto); !checked)
    return checked.failure();
  auto records = at.list(session_key(id), {false, timeout});
  if (!records)
    return records.failure();
  auto found = views_of(*records);
  if (found.empty())
    return ended(id);
  return std::move(found.front());
}

result<std::vector<session_view>>
list_sessions(machine& at, std::chrono::nanoseconds timeout) {
  auto records = at.list(sessions_prefix, {false, timeout});
  if (!records)
    return records.failure();
  return views_of(*records);
}

result<user_session> renew_session(machine& at, const std::string& id,
                                   std::chrono::nanoseconds timeout) {
  time_limit limit{timeout};
  auto found = head_of(at, id, limit);
  if (!found)
    return found.failure();
  auto done = run(at, renew_command(*found), limit);
  if (!done)
    return done.failure().code == errc::refused ? ended(id) : done.failure();
  return *found;
}

status end_session(machine& at, const std::string& id,
                   std::chrono::nanoseconds timeout) {
  time_limit limit{timeout};
  auto head = head_of(at, id, limit);
  if (!head)
    return head.failure();
  // More than a listing can hold does not end by one command either.
  auto found = find_session(at, id, limit.left());
  if (found && found->bound.size() <= bound_at_once_max) {
    auto done = run(at, end_command(found->what, found->bound), limit);
    if (done || done.failure().code != errc::refused)
      return done;
  }
  auto done = run(at, end_head_command(*head), limit);
  if (!done && done.failure().code == errc::refused)
    return ended(id);
  return done;
}

result<command_answer> submit_bound(machine& at, command x,
                                    const std::string& session_id,
                                    submit_options how) {
  time_limit limit{how.timeout};
  auto found = head_of(at, session_id, limit);
  if (!found)
    return found.failure();
  for (auto& op : x.operations)
    if (op.kind == operation_kind::put)
      if (auto free = check_free(at, *found, op, limit); !free)
        return free.failure();
  if (auto bound = bind(x, *found); !bound)
    return bound.failure();
  how.timeout = limit.left();
  return at.submit(std::move(x), how);
}

} // namespace muster
