// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/policy_maker.hpp"

#include "cli/answers.hpp"

#include <nlohmann/json.hpp>

namespace muster::nemesis {

using cli::json;

namespace {

constexpr std::chrono::milliseconds pause_max{3'000};
constexpr std::chrono::milliseconds patience{2'500};
constexpr const char* timeout = "timeout=2s";

cli::call put_policy(const std::string& name, const std::string& prefix,
                     const std::string& machine) {
  json body{{"prefix", prefix}, {"enlist", {machine}}, {"reason", "nemesis"}};
  return {.method = "PUT",
          .target = "/v1/agents/" + name + "?replace&" + timeout,
          .body = http::to_text(body),
          .timeout = patience,
          .at_most_once = true};
}

json body_of(const result<cli::reply>& x) {
  if (!x || x->status != 200)
    return {};
  auto parsed = http::parse_json(x->body);
  return parsed ? *parsed : json{};
}

/// Whether the story names the machine for a policy, and has its word: as that
/// of a home, a backup or a holder, if it is one.
bool takes_part(const json& story, const std::string& machine) {
  auto named = false;
  auto heard = false;
  for (auto& x : story.value("participants", json::array())) {
    if (x.value("machine", "") != machine)
      continue;
    auto reason = x.value("reason", "");
    named = named || reason == "policy";
    heard = heard || reason == "home"
            || (x.contains("acknowledged_after_ns")
                && x["acknowledged_after_ns"].is_number()
                && !x.value("expelled", false));
  }
  return named && heard;
}

} // namespace

policy_maker::policy_maker(uint64_t seed, std::string prefix,
                           const std::vector<cli::server_address>& machines)
  : prefix_(std::move(prefix)), machines_(machines), random_(seed) {
  // nop
}

void policy_maker::run(stop_flag& stop) {
  while (!stop.wait_for(random_.between({}, pause_max))) {
    cli::http_caller to{machines_[random_.below(machines_.size())]};
    auto& named = machines_[random_.below(machines_.size())].machine;
    auto got
      = random_.chance(700)
          ? to.send(put_policy("nemesis", prefix_, named))
          : to.send({.method = "DELETE",
                     .target = std::string{"/v1/agents/nemesis?"} + timeout,
                     .timeout = patience,
                     .at_most_once = true});
    changes_ += got && got->status == 200 ? 1 : 0;
  }
}

status check_policy_is_kept(const std::vector<cli::server_address>& machines,
                            interrupts& signals,
                            interrupts::clock::time_point until) {
  cli::http_caller to{machines.front()};
  auto& named = machines.back().machine;
  auto everywhere = [&] {
    auto told = body_of(to.send(put_policy("final", "/final", named)));
    return told.contains("unaware") && told["unaware"].empty();
  };
  if (!signals.wait_for(until, everywhere))
    return error{errc::timed_out, "no way to make a policy known everywhere"};
  json told;
  auto written = [&] {
    told = body_of(
      to.send({.method = "PUT",
               .target = std::string{"/v1/records/final/x?"} + timeout,
               .body = "x",
               .timeout = patience,
               .at_most_once = true}));
    return told.contains("command");
  };
  if (!signals.wait_for(until, written))
    return error{errc::timed_out, "no way to write under a policy"};
  auto story = body_of(
    to.send({.target = "/v1/commands/" + cli::text_of(told, "command"),
             .timeout = patience}));
  if (takes_part(story, named))
    return ok();
  return error{errc::corrupt, named + " is named by a policy, and did not "
                                + "acknowledge: " + http::to_text(story)};
}

} // namespace muster::nemesis
