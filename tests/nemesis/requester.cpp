// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/requester.hpp"

#include "cli/answers.hpp"
#include "tests/nemesis/history_clock.hpp"

#include <nlohmann/json.hpp>

namespace muster::nemesis {

using cli::json;
using sim::answer;
using sim::operation;
using sim::operation_kind;

namespace {

// The machine answers before the client gives up, unless it is away. A write
// may have to wait for the end of a lease.
constexpr const char* read_timeout = "?timeout=500ms";
constexpr const char* write_timeout = "?timeout=1500ms";
constexpr std::chrono::milliseconds read_patience{800};
constexpr std::chrono::milliseconds write_patience{2'000};

/// A guard on the value exists for commands only.
cli::call command_of(const operation& x) {
  json put{{"put", {{"key", x.key}, {"value", *x.written}}}};
  json guard{{"key", x.key}, {"value", x.demanded.value}};
  json body{{"guards", json::array({guard})},
            {"operations", json::array({put})}};
  return {.method = "POST",
          .target = std::string{"/v1/commands"} + write_timeout,
          .body = http::to_text(body),
          .timeout = write_patience,
          .at_most_once = true};
}

std::string guard_text(const sim::guard& x) {
  switch (x.on) {
    case sim::guard::kind::version:
      return "&if_version=" + std::to_string(x.version);
    case sim::guard::kind::absent:
      return "&if_absent";
    default:
      return {};
  }
}

/// The body, or null if it is not an object.
json body_of(const cli::reply& x) {
  auto parsed = http::parse_json(x.body);
  return parsed && parsed->is_object() ? *parsed : json{};
}

void take_read(operation& x, const result<cli::reply>& answered) {
  x.outcome = answer::failed;
  if (!answered || (answered->status != 200 && answered->status != 404))
    return;
  auto body = body_of(*answered);
  if (!body.contains("served_from") || !body.contains("version"))
    return;
  x.version = body["version"].get<uint64_t>();
  x.served_from = cli::text_of(body, "served_from");
  if (answered->status == 200)
    x.seen = cli::value_of(body);
  x.outcome = answer::ok;
}

void take_write(operation& x, const result<cli::reply>& answered) {
  x.outcome = answer::unknown;
  if (!answered) {
    // Nothing was sent.
    if (answered.failure().code == errc::unavailable)
      x.outcome = answer::failed;
    return;
  }
  auto body = body_of(*answered);
  if (answered->status == 200 && cli::text_of(body, "outcome") == "committed") {
    x.version = body["version"].get<uint64_t>();
    x.outcome = answer::ok;
  } else if (body.contains("error")
             && cli::text_of(body["error"], "applied") == "no") {
    x.outcome = answered->status == 412 ? answer::refused : answer::failed;
  }
}

} // namespace

requester::requester(const std::vector<cli::server_address>& machines) {
  for (auto& each : machines)
    callers_.emplace_back(each);
}

void requester::perform(operation& x, size_t machine) {
  auto call = call_of(x);
  x.call_ns = history_clock();
  auto answered = callers_.at(machine).send(call);
  x.return_ns = history_clock();
  take_answer(x, answered);
}

cli::call call_of(const operation& x) {
  if (x.demanded.on == sim::guard::kind::value)
    return command_of(x);
  auto path = "/v1/records" + x.key;
  if (x.kind == operation_kind::read)
    return {.target = path + read_timeout, .timeout = read_patience};
  auto erases = x.kind == operation_kind::erase;
  return {.method = erases ? "DELETE" : "PUT",
          .target = path + write_timeout + guard_text(x.demanded),
          .body = x.written.value_or(""),
          .timeout = write_patience,
          .at_most_once = true};
}

void take_answer(operation& x, const result<cli::reply>& answered) {
  if (x.kind == operation_kind::read)
    take_read(x, answered);
  else
    take_write(x, answered);
}

} // namespace muster::nemesis
