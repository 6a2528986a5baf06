// SPDX-License-Identifier: Apache-2.0
#include "runtime/policies/policies.hpp"

#include "runtime/time_limit.hpp"

#include <algorithm>

namespace muster {

namespace {

policy_record record_of(const read_answer& x) {
  policy_record out;
  out.version = x.version;
  auto name = policy_name(x.key);
  auto parsed = parse_policy(name, x.value);
  if (parsed) {
    out.what = std::move(*parsed);
    return out;
  }
  out.what.name = name;
  out.problem = parsed.failure().message;
  return out;
}

std::vector<machine_id> members_of(const machine& node) {
  std::vector<machine_id> out;
  for (auto& x : node.status().machines)
    out.push_back(x.id);
  return out;
}

submit_options options_of(std::chrono::nanoseconds timeout) {
  submit_options out;
  out.timeout = timeout;
  return out;
}

/// Whether one more may be in force.
status check_room(machine& node, const policy& x,
                  std::chrono::nanoseconds timeout) {
  auto found = list_policies(node, timeout);
  if (!found)
    return found.failure();
  auto same = [&](auto& y) { return y.what.name == x.name; };
  if (found->size() < policies_max
      || std::any_of(found->begin(), found->end(), same))
    return ok();
  return error{errc::overloaded, "there are " + std::to_string(policies_max)
                                   + " policies: remove one first"};
}

} // namespace

result<policy_added> add_policy(machine& node, const policy& x,
                                policy_options how) {
  if (auto checked = check_policy(x); !checked)
    return checked.failure();
  time_limit limit{how.timeout};
  if (auto room = check_room(node, x, limit.left()); !room)
    return room.failure();
  command put;
  auto key = policy_key(x.name);
  if (!how.replace)
    put.guards.push_back({guard_kind::absent, key, {}, {}});
  put.operations.push_back({operation_kind::put, key, to_text(x)});
  policy_added out;
  out.answer = node.submit(std::move(put), options_of(limit.left()));
  if (out.answer.what == outcome::refused && !how.replace)
    return error{errc::refused, "there is a policy " + x.name
                                  + " already: replace it, or choose another "
                                    "name"};
  if (out.answer.what != outcome::committed)
    return error_of(out.answer);
  // Its story is of this very machine, and tells who acknowledged it.
  if (auto told = node.explain(out.answer.id, limit.left()))
    out.unaware = unaware_of(*told, members_of(node));
  return out;
}

result<command_answer> remove_policy(machine& node, const std::string& name,
                                     std::chrono::nanoseconds timeout) {
  // The version tells whether somebody else was faster.
  auto key = policy_key(name);
  time_limit limit{timeout};
  read_options how;
  how.timeout = limit.left();
  auto found = node.get(key, how);
  if (!found)
    return found.failure();
  if (!found->found)
    return error{errc::not_found, "there is no policy " + name};
  command x;
  x.guards.push_back({guard_kind::version, key, found->version, {}});
  x.operations.push_back({operation_kind::erase, key, {}});
  auto answer = node.submit(std::move(x), options_of(limit.left()));
  if (answer.what != outcome::committed)
    return error_of(answer);
  return answer;
}

result<policy_record> find_policy(machine& node, const std::string& name,
                                  std::chrono::nanoseconds timeout) {
  read_options how;
  how.timeout = timeout;
  auto found = node.get(policy_key(name), how);
  if (!found)
    return found.failure();
  if (!found->found)
    return error{errc::not_found, "there is no policy " + name};
  return record_of(*found);
}

result<std::vector<policy_record>>
list_policies(machine& node, std::chrono::nanoseconds timeout) {
  read_options how;
  how.timeout = timeout;
  auto found = node.list(policies_prefix, how);
  if (!found)
    return found.failure();
  std::vector<policy_record> out;
  for (auto& x : *found)
    if (!policy_name(x.key).empty())
      out.push_back(record_of(x));
  return out;
}

} // namespace muster
