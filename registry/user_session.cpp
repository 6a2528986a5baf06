// SPDX-License-Identifier: Apache-2.0
#include "registry/user_session.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"
#include "registry/text_lines.hpp"

#include <cassert>
#include <charconv>

namespace muster {

namespace {

constexpr size_t label_bytes_max = 200;

error invalid(std::string what) {
  return error{errc::invalid_argument, std::move(what)};
}

int64_t milliseconds_of(nanoseconds x) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(x).count();
}

operation put(std::string key, std::string value) {
  return {operation_kind::put, std::move(key), std::move(value)};
}

operation count_up(std::string key) {
  operation out;
  out.kind = operation_kind::add;
  out.key = std::move(key);
  out.delta = 1;
  return out;
}

guard still_there(const user_session& x) {
  return {guard_kind::value, session_key(x.id), {}, to_text(x)};
}

bool parse_ttl(std::string_view text, nanoseconds& out) {
  int64_t count = 0;
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, count);
  if (ec != std::errc{} || end != last
      || count < milliseconds_of(session_ttl_min)
      || count > milliseconds_of(session_ttl_max))
    return false;
  out = std::chrono::milliseconds{count};
  return true;
}

} // namespace

status check_session(const user_session& x) {
  if (x.id.empty() || x.id.size() > session_id_bytes_max
      || x.id.find('/') != std::string::npos)
    return invalid("the id of a session is one segment of a key, 1 to "
                   + std::to_string(session_id_bytes_max) + " bytes");
  if (auto key = check_key(session_key(x.id)); !key)
    return key;
  if (x.ttl < session_ttl_min || x.ttl > session_ttl_max)
    return invalid("the time to live of a session is 1 s to 24 h");
  if (x.label.size() > label_bytes_max
      || x.label.find('\n') != std::string::npos)
    return invalid("the label of a session is one line of at most "
                   + std::to_string(label_bytes_max) + " bytes");
  return ok();
}

std::string to_text(const user_session& x) {
  return "ttl_ms=" + std::to_string(milliseconds_of(x.ttl))
         + "\nopened_at=" + x.opened_at.value + "\nlabel=" + x.label + "\n";
}

result<user_session> parse_session(std::string_view id, std::string_view text) {
  user_session out;
  out.id = id;
  auto has_ttl = false;
  auto bad = each_line(text, [&](std::string_view name, std::string_view v) {
    if (name == "ttl_ms")
      return has_ttl = parse_ttl(v, out.ttl);
    if (name == "opened_at")
      out.opened_at = machine_id{std::string{v}};
    else if (name == "label")
      out.label = v;
    return true;
  });
  if (!bad.empty())
    return error{errc::corrupt, "no session: " + bad};
  if (!has_ttl)
    return error{errc::corrupt, "a session without a time to live"};
  return out;
}

std::string session_key(std::string_view id) {
  return std::string{sessions_prefix} + '/' + std::string{id};
}

std::string renewed_key(std::string_view id) {
  return session_key(id) + "/renewed";
}

std::string bound_key(std::string_view id, std::string_view key) {
  return session_key(id) + "/keys" + std::string{key};
}

session_part part_of_session(std::string_view key) {
  using kind = session_part::kind;
  if (key.size() <= sessions_prefix.size() + 1)
    return {};
  auto rest = key.substr(sessions_prefix.size() + 1);
  auto end = rest.find('/');
  auto id = rest.substr(0, end);
  if (end == std::string_view::npos)
    return {kind::head, id, {}};
  auto tail = rest.substr(end);
  if (tail == "/renewed")
    return {kind::renewed, id, {}};
  constexpr std::string_view keys = "/keys";
  if (tail.starts_with("/keys/"))
    return {kind::bound, id, tail.substr(keys.size())};
  return {kind::other, id, {}};
}

command open_command(const user_session& x) {
  command out;
  out.guards = {{guard_kind::absent, session_key(x.id), {}, {}},
                {guard_kind::absent, renewed_key(x.id), {}, {}}};
  out.operations = {put(session_key(x.id), to_text(x)),
                    count_up(renewed_key(x.id))};
  return out;
}

command renew_command(const user_session& x) {
  command out;
  out.guards = {still_there(x)};
  out.operations = {count_up(renewed_key(x.id))};
  return out;
}

status bind(command& x, const user_session& to) {
  if (!x.otherwise.empty())
    return invalid("a command of a session has no `else`");
  std::vector<operation> bindings;
  for (auto& op : x.operations) {
    if (op.kind != operation_kind::put)
      continue;
    if (op.value.size() > bound_value_bytes_max)
      return invalid("a value that is bound to a session has at most "
                     + std::to_string(bound_value_bytes_max) + " bytes");
    auto name = bound_key(to.id, op.key);
    if (name.size() > key_bytes_max)
      return invalid("the key is too long to be bound to the session: "
                     + op.key);
    if (covers(sessions_prefix, op.key))
      return invalid("a session cannot be bound to a session: " + op.key);
    bindings.push_back(put(std::move(name), op.value));
  }
  if (bindings.empty())
    return invalid("a session binds records that are put; there is none");
  for (auto& op : bindings)
    x.operations.push_back(std::move(op));
  x.guards.push_back(still_there(to));
  return ok();
}

void add_end(command& to, std::string_view id, std::string key,
             std::string value) {
  auto binding = bound_key(id, key);
  if (!MUSTER_MUTANT(u2_value_not_compared))
    to.guards.push_back({guard_kind::value, key, {}, std::move(value)});
  to.operations.push_back({operation_kind::erase, std::move(key), {}});
  to.operations.push_back({operation_kind::erase, std::move(binding), {}});
}

command end_head_command(const user_session& x) {
  command out;
  out.guards = {still_there(x)};
  out.operations = {put(session_key(x.id), std::string{ended_text}),
                    {operation_kind::erase, renewed_key(x.id), {}}};
  return out;
}

command end_command(const user_session& x,
                    const std::vector<bound_record>& bound) {
  assert(bound.size() <= bound_at_once_max);
  // The head stays for a moment: what is bound meanwhile is found by it.
  auto out = end_head_command(x);
  for (auto& r : bound)
    add_end(out, x.id, r.key, r.value);
  return out;
}

} // namespace muster
