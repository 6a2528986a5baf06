// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_ready.hpp"

#include "cli/cluster_view.hpp"

namespace muster::cli {

namespace {

constexpr std::chrono::milliseconds ask_timeout{1'000};

http_caller caller_of(const launch::planned_machine& x) {
  return http_caller{{x.id, "127.0.0.1:" + std::to_string(x.http_port), {}}};
}

} // namespace

bool cluster_ready::poll() {
  auto& machines = plan_.machines;
  while (ready_ < machines.size() && is_ready(machines[ready_]))
    ++ready_;
  return ready_ == machines.size() && all_served();
}

bool cluster_ready::is_ready(const launch::planned_machine& x) {
  auto caller = caller_of(x);
  auto told = caller.send({.target = "/readyz", .timeout = ask_timeout});
  waiting_for_ = x.id + (told ? " to serve its shards" : " to answer");
  return told && told->status == 200;
}

bool cluster_ready::all_served() {
  auto caller = caller_of(plan_.machines.front());
  auto told = call_json(caller,
                        {.target = "/v1/status", .timeout = ask_timeout},
                        {"machines", "shards"});
  if (!told)
    return false;
  status_ = cluster_view(std::move(*told), deadline{ask_timeout});
  auto served = served_shards(status_);
  size_t serving = 0;
  for (auto& each : status_["machines"])
    serving += text_of(each, "state") == "serving" ? 1 : 0;
  waiting_for_ = std::to_string(plan_.machines.size() - serving)
                 + " more machines to serve and "
                 + std::to_string(plan_.shards - served)
                 + " more shards to be served";
  return served == plan_.shards && serving >= plan_.machines.size();
}

} // namespace muster::cli
