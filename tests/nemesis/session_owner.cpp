// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/session_owner.hpp"

#include "cli/answers.hpp"
#include "tests/nemesis/history_clock.hpp"

#include <nlohmann/json.hpp>

namespace muster::nemesis {

using cli::json;

namespace {

constexpr const char* label = "nemesis";
constexpr const char* bound_prefix = "/bound";
constexpr std::chrono::seconds ttl{3};
constexpr std::chrono::milliseconds pause_max{300};
constexpr std::chrono::milliseconds patience{2'000};
constexpr const char* timeout = "timeout=1500ms";
constexpr unsigned steps_max = 20;

std::string session_target(const std::string& id) {
  return "/v1/sessions/" + id + "?" + timeout;
}

} // namespace

session_owner::session_owner(std::string name, uint64_t seed,
                             const std::vector<cli::server_address>& machines)
  : name_(std::move(name)), random_(seed) {
  for (auto& each : machines)
    callers_.emplace_back(each);
}

void session_owner::run(stop_flag& stop) {
  while (!stop.wait_for(random_.between({}, pause_max)))
    if (!act())
      machine_ = random_.below(callers_.size());
}

/// @returns false if the machine did not answer well
bool session_owner::act() {
  if (id_.empty())
    return open();
  if (steps_left_ == 0)
    return leave();
  --steps_left_;
  auto dice = random_.below(100);
  return dice < 50 ? renew() : dice < 75 ? look() : bind();
}

bool session_owner::open() {
  auto call_ns = history_clock();
  auto got = callers_[machine_].send(
    {.method = "POST",
     .target = std::string{"/v1/sessions?ttl=3s&label="} + label + "&"
               + timeout,
     .timeout = patience,
     .at_most_once = true});
  if (!got || got->status != 200)
    return false; // it may be open all the same, and ends by itself
  auto parsed = http::parse_json(got->body);
  if (!parsed)
    return false;
  id_ = cli::text_of(*parsed, "id");
  steps_left_ = 2 + static_cast<unsigned>(random_.below(steps_max));
  lives_since(call_ns);
  return true;
}

bool session_owner::bind() {
  auto key = std::string{bound_prefix} + "/" + name_ + "-"
             + std::to_string(++keys_);
  auto got = callers_[machine_].send(
    {.method = "PUT",
     .target = "/v1/sessions/" + id_ + "/records" + key + "?" + timeout,
     .body = id_,
     .timeout = patience,
     .at_most_once = true});
  if (got && got->status == 200)
    bound_.push_back(key);
  return got && (got->status == 200 || got->status == 404);
}

bool session_owner::renew() {
  auto call_ns = history_clock();
  auto got = callers_[machine_].send({.method = "POST",
                                      .target = session_target(id_),
                                      .timeout = patience,
                                      .at_most_once = true});
  auto return_ns = history_clock();
  if (got && got->status == 404) {
    missed("session " + id_, return_ns);
    forget();
    return true;
  }
  if (!got || got->status != 200)
    return false;
  lives_since(call_ns);
  return true;
}

bool session_owner::look() {
  if (bound_.empty())
    return true;
  auto& key = bound_[random_.below(bound_.size())];
  auto got = callers_[machine_].send(
    {.target = "/v1/records" + key + "?" + timeout, .timeout = patience});
  auto return_ns = history_clock();
  if (got && got->status == 404)
    missed(key + " of session " + id_, return_ns);
  return got && (got->status == 200 || got->status == 404);
}

bool session_owner::leave() {
  if (random_.chance(500)) { // else by its time
    auto got = callers_[machine_].send({.method = "DELETE",
                                        .target = session_target(id_),
                                        .timeout = patience,
                                        .at_most_once = true});
    if (!got || (got->status != 200 && got->status != 404))
      return false; // it may have ended all the same: asked again, 404
  }
  forget();
  return true;
}

void session_owner::forget() {
  ended_ += bound_.empty() ? 0 : 1;
  id_.clear();
  bound_.clear();
}

void session_owner::lives_since(int64_t call_ns) {
  auto length = std::chrono::nanoseconds{ttl}.count();
  lives_until_ns_ = std::max(lives_until_ns_, call_ns + length);
}

void session_owner::missed(const std::string& what, int64_t return_ns) {
  if (return_ns < lives_until_ns_ && problem_.empty())
    problem_ = what + " is gone "
               + std::to_string((lives_until_ns_ - return_ns) / 1'000'000)
               + " ms before its time";
}

status check_sessions_gone(const std::vector<cli::server_address>& machines,
                           interrupts& signals,
                           interrupts::clock::time_point until) {
  cli::http_caller from{machines.front()};
  std::string left;
  auto gone = [&] {
    left = "no answer";
    auto sessions = from.send({.target = "/v1/sessions", .timeout = patience});
    auto records = from.send(
      {.target = std::string{"/v1/list?confirmed&prefix="} + bound_prefix,
       .timeout = patience});
    if (!sessions || !records || sessions->status != 200
        || records->status != 200)
      return false;
    left = sessions->body + "\n" + records->body;
    auto parsed = http::parse_json(records->body);
    return parsed && parsed->is_array() && parsed->empty()
           && sessions->body.find(label) == std::string::npos;
  };
  if (signals.wait_for(until, gone))
    return ok();
  return error{errc::timed_out, "sessions or what was bound to them stay: "
                                  + left.substr(0, 2'000)};
}

} // namespace muster::nemesis
