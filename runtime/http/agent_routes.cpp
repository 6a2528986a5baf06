// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/parameters.hpp"
#include "runtime/http/worker_route.hpp"
#include "runtime/policies/policies.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::string_view agents_path = "/v1/agents";

json names(const std::vector<machine_id>& xs) {
  auto out = json::array();
  for (auto& x : xs)
    out.push_back(x.value);
  return out;
}

/// Those that are not registered, or silent.
std::vector<machine_id> absent(const std::vector<machine_id>& named,
                               const cluster_status& cluster) {
  std::vector<machine_id> out;
  for (auto& id : named) {
    auto serves = [&](auto& m) { return m.id == id && m.state == "serving"; };
    if (std::none_of(cluster.machines.begin(), cluster.machines.end(), serves))
      out.push_back(id);
  }
  return out;
}

json policy_json(const policy_record& x, const cluster_status& cluster) {
  json out{{"name", x.what.name},
           {"prefix", x.what.prefix},
           {"enlist", names(x.what.machines)},
           {"reason", x.what.reason},
           {"version", x.version.value},
           {"absent", names(absent(x.what.machines, cluster))}};
  if (!x.problem.empty())
    out["ignored"] = x.problem;
  return out;
}

std::string name_in(const request& x) {
  return x.path.size() > agents_path.size() + 1
           ? x.path.substr(agents_path.size() + 1)
           : std::string{};
}

std::string text_member(const json& x, const char* name, std::string& wrong) {
  if (x.contains(name) && x[name].is_string())
    return x[name].get<std::string>();
  wrong = std::string{"`"} + name + "` must be a string";
  return {};
}

/// `{"prefix": P, "enlist": [ID, ...], "reason": R}` and nothing else.
result<policy> policy_in(const request& x) {
  auto parsed = parse_json(x.body);
  if (!parsed)
    return parsed.failure();
  std::string wrong;
  policy out;
  out.name = name_in(x);
  if (!parsed->is_object()) {
    wrong = "not an object";
  } else {
    for (auto& [name, value] : parsed->items())
      if (name != "prefix" && name != "enlist" && name != "reason")
        wrong = "unknown member `" + name + "`";
    out.prefix = text_member(*parsed, "prefix", wrong);
    out.reason = text_member(*parsed, "reason", wrong);
    auto list = parsed->value("enlist", json{});
    if (!list.is_array())
      wrong = "`enlist` must be an array of machines";
    else
      for (auto& id : list)
        if (id.is_string())
          out.machines.emplace_back(id.get<std::string>());
        else
          wrong = "`enlist` must be an array of machines";
  }
  if (!wrong.empty())
    return error{errc::invalid_argument, wrong};
  // As people write it.
  if (out.prefix.size() > 1 && out.prefix.back() == '/')
    out.prefix.pop_back();
  return out;
}

result<json> list_agents(const routes_context& context, const request&,
                         nanoseconds left) {
  auto found = list_policies(context.node, left);
  if (!found)
    return found.failure();
  auto cluster = context.node.status();
  auto out = json::array();
  for (auto& each : *found)
    out.push_back(policy_json(each, cluster));
  return out;
}

result<json> show_agent(const routes_context& context, const request& x,
                        nanoseconds left) {
  auto found = find_policy(context.node, name_in(x), left);
  if (!found)
    return found.failure();
  return policy_json(*found, context.node.status());
}

result<json> put_agent(const routes_context& context, const request& x,
                       nanoseconds left) {
  auto what = policy_in(x);
  if (!what)
    return what.failure();
  auto replace = flag_in(x, "replace");
  if (!replace)
    return replace.failure();
  auto done = add_policy(context.node, *what, {*replace, left});
  if (!done)
    return done.failure();
  return json{{"name", what->name},
              {"version", done->answer.version.value},
              {"command", done->answer.id.value},
              {"unaware", names(done->unaware)}};
}

result<json> remove_agent(const routes_context& context, const request& x,
                          nanoseconds left) {
  auto done = remove_policy(context.node, name_in(x), left);
  if (!done)
    return done.failure();
  return json{{"name", name_in(x)},
              {"version", done->version.value},
              {"command", done->id.value}};
}

} // namespace

void add_agent_routes(router& out, const routes_context& context) {
  const std::string path{agents_path};
  add_timed_route(out, context, {method::get, path}, list_agents);
  add_timed_route(out, context, {method::get, path, true}, show_agent);
  add_timed_route(out, context, {method::put, path, true, {"replace"}},
                  put_agent);
  add_timed_route(out, context, {method::erase, path, true}, remove_agent);
}

} // namespace muster::http
