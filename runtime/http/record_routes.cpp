// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "runtime/http/deadline.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/parameters.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/routes.hpp"

#include <nlohmann/json.hpp>

namespace muster::http {

namespace {

constexpr std::string_view records_path = "/v1/records";

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// The key in the path; routes are found by `records_path`.
result<std::string> key_of(const request& x) {
  auto key = x.path.substr(records_path.size());
  if (auto checked = check_key(key); !checked)
    return checked.failure();
  return key;
}

result<read_options> read_options_of(const request& x, const options& config) {
  auto confirmed = flag_in(x, "confirmed");
  if (!confirmed)
    return confirmed.failure();
  auto left = time_left(x, config);
  if (!left)
    return left.failure();
  return read_options{.confirmed = *confirmed, .timeout = *left};
}

response get_record(const routes_context& context, const request& x) {
  auto key = key_of(x);
  if (!key)
    return problem(key.failure());
  auto how = read_options_of(x, context.config);
  if (!how)
    return problem(how.failure());
  auto found = context.node.get(*key, *how);
  if (!found)
    return problem(found.failure());
  response out;
  auto body = record_json(*found);
  if (!found->found) {
    // Absence is an answer too: who said so belongs to it.
    error absent{errc::not_found, "there is no record " + *key};
    out.status = status_of(absent.code);
    body["error"] = error_json(absent);
  }
  out.body = to_text(body);
  return out;
}

/// Everything under `prefix`, or of the one `shard`.
result<std::vector<read_answer>> listed(const routes_context& context,
                                        const request& x) {
  auto how = read_options_of(x, context.config);
  if (!how)
    return how.failure();
  auto text = x.parameter("prefix");
  auto shard = number_in(x, "shard", UINT32_MAX);
  if (!shard)
    return shard.failure();
  if ((text != nullptr) == shard->has_value())
    return bad("give `prefix` (`/` lists everything) or `shard`");
  if (*shard)
    return context.node.list_shard(shard_id{static_cast<uint32_t>(**shard)},
                                   *how);
  auto prefix = normalize_prefix(*text);
  if (!prefix)
    return prefix.failure();
  return context.node.list(*prefix, *how);
}

response list_records(const routes_context& context, const request& x) {
  auto found = listed(context, x);
  if (!found)
    return problem(found.failure());
  response out;
  out.body = "[";
  for (auto& each : *found) {
    if (out.body.size() > 1)
      out.body += ",\n";
    out.body += to_text(record_json(each));
    if (out.body.size() > context.config.list_bytes_max)
      return problem(bad("the listing is larger than "
                         + std::to_string(context.config.list_bytes_max)
                         + " bytes: list a longer prefix"));
  }
  out.body += "]\n";
  return out;
}

/// PUT and DELETE: one operation on the key of the path.
void change_record(const routes_context& context, const request& x,
                   operation_kind what, responder then) {
  auto key = key_of(x);
  if (!key)
    return then(problem(key.failure()));
  command changed;
  if (auto added = add_guards(x, *key, changed); !added)
    return then(problem(added.failure()));
  operation op;
  op.kind = what;
  op.key = *key;
  if (what == operation_kind::put) {
    if (x.body.size() > value_bytes_max)
      return then(problem(
        413, bad("the value has " + std::to_string(x.body.size())
                 + " bytes, the limit is " + std::to_string(value_bytes_max))));
    op.value = x.body;
  }
  changed.operations.push_back(std::move(op));
  submit_command(context, x, std::move(changed), std::move(then));
}

route change_route(const routes_context& context, method verb,
                   operation_kind what) {
  return {.verb = verb,
          .path = std::string{records_path},
          .subtree = true,
          .how = route::execution::inline_,
          .parameters = {"timeout", "if_version", "if_absent", "born"},
          .run = [context, what](const request& x, responder then) {
            change_record(context, x, what, std::move(then));
          }};
}

} // namespace

status add_guards(const request& x, const std::string& key, command& out) {
  auto absent = flag_in(x, "if_absent");
  if (!absent)
    return absent.failure();
  if (*absent)
    out.guards.push_back(guard{guard_kind::absent, key, {}, {}});
  auto version = number_in(x, "if_version");
  if (!version)
    return version.failure();
  if (*version)
    out.guards.push_back(
      guard{guard_kind::version, key, sequence{**version}, {}});
  return ok();
}

void add_record_routes(router& out, const routes_context& context) {
  out.add({.verb = method::get,
           .path = std::string{records_path},
           .subtree = true,
           .how = route::execution::worker,
           .parameters = {"timeout", "confirmed"},
           .run = [context](const request& x, const responder& then) {
             then(get_record(context, x));
           }});
  out.add({.verb = method::get,
           .path = "/v1/list",
           .subtree = false,
           .how = route::execution::worker,
           .parameters = {"prefix", "shard", "timeout", "confirmed"},
           .run = [context](const request& x, const responder& then) {
             then(list_records(context, x));
           }});
  out.add(change_route(context, method::put, operation_kind::put));
  out.add(change_route(context, method::erase, operation_kind::erase));
}

} // namespace muster::http
