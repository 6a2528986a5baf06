// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_run.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <ostream>
#include <sys/resource.h>

namespace muster::sim {

namespace {

constexpr nanoseconds quiet_time = 10s;

nanoseconds median(std::vector<nanoseconds> x) {
  if (x.empty())
    return {};
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

nanoseconds median_of(const std::vector<write_cost>& writes,
                      nanoseconds write_cost::*what) {
  std::vector<nanoseconds> all;
  for (auto& x : writes)
    all.push_back(x.*what);
  return median(std::move(all));
}

traffic per_second(const traffic& x) {
  auto seconds = static_cast<uint64_t>(quiet_time / 1s);
  return {x.messages / seconds, x.frames / seconds, x.bytes / seconds};
}

sim_coordinator::counters per_second(const sim_coordinator::counters& now,
                                     const sim_coordinator::counters& then) {
  auto seconds = static_cast<uint64_t>(quiet_time / 1s);
  return {(now.reads - then.reads) / seconds,
          (now.read_bytes - then.read_bytes) / seconds};
}

uint64_t peak_memory() {
  rusage x{};
  getrusage(RUSAGE_SELF, &x);
  return static_cast<uint64_t>(x.ru_maxrss) * 1024;
}

scale_step measure_step(scale_cluster& cluster, uint32_t writes,
                        uint32_t holders, std::string& problem) {
  scale_step out;
  out.holders = holders;
  auto begun = cluster.world().scheduler().now();
  problem = cluster.hold(holders);
  out.hold_time = cluster.world().scheduler().now() - begun;
  for (uint32_t i = 0; i < writes && problem.empty(); ++i) {
    auto cost = cluster.write(cluster.origin_for(i));
    problem = cluster.problem();
    if (cost)
      out.writes.push_back(std::move(*cost));
  }
  return out;
}

quiet_traffic measure_quiet(scale_cluster& cluster,
                            const scale_options& options) {
  quiet_traffic out;
  auto& meter = cluster.meter();
  auto some = [&](const machine_id& id, lane on) {
    return [&meter, id, on] { return meter.sent_by(id, on); };
  };
  auto all = [&](lane on) {
    return [&meter, on] { return meter.sent_by_all(on); };
  };
  std::vector<std::pair<traffic*, std::function<traffic()>>> what;
  auto both = [&](auto make, traffic& leases, traffic& data) {
    what.emplace_back(&leases, make(lane::lease));
    what.emplace_back(&data, make(lane::data));
  };
  auto of = [&](const machine_id& id) {
    return [=](lane on) { return some(id, on); };
  };
  both(of(cluster.home()), out.home_leases, out.home_data);
  both(of(cluster.candidates().front()), out.holder_leases, out.holder_data);
  if (options.switches > 0)
    both(of(machine_id{"s1"}), out.switch_leases, out.switch_data);
  both(all, out.all_leases, out.all_data);
  for (auto& [to, count] : what)
    *to = count();
  auto reads = cluster.world().config().count();
  cluster.run_for(quiet_time);
  out.coordinator = per_second(cluster.world().config().count(), reads);
  for (auto& [to, count] : what)
    *to = per_second(count() - *to);
  return out;
}

} // namespace

const write_cost& scale_step::dearest() const {
  return *std::max_element(writes.begin(), writes.end(), [](auto& a, auto& b) {
    return sum(a.home_before).messages < sum(b.home_before).messages;
  });
}

nanoseconds scale_step::median_latency() const {
  return median_of(writes, &write_cost::latency);
}

nanoseconds scale_step::median_everywhere() const {
  return median_of(writes, &write_cost::everywhere);
}

scale_result measure_scale(const scale_options& options,
                           const std::vector<uint32_t>& holders,
                           const scale_parts& parts) {
  scale_result out;
  out.options = options;
  auto begun = std::chrono::steady_clock::now();
  auto seconds = [&] {
    auto x = std::chrono::steady_clock::now() - begun;
    return std::chrono::duration<double>(x).count();
  };
  scale_cluster cluster{options};
  auto done = [&](const std::string& what) {
    if (options.progress)
      *options.progress << what << " (" << static_cast<int>(seconds()) << " s, "
                        << (peak_memory() >> 20) << " MiB)" << std::endl;
    return out.problem.empty();
  };
  auto measure = [&] {
    out.problem = cluster.boot();
    if (!done("serving"))
      return;
    for (auto count : holders) {
      auto step = measure_step(cluster, parts.writes ? options.writes : 0,
                               count, out.problem);
      if (!done(std::to_string(count) + " holders"))
        return;
      if (!step.writes.empty())
        out.steps.push_back(std::move(step));
    }
    if (parts.quiet) {
      out.quiet = measure_quiet(cluster, options);
      done("quiet");
    }
    if (parts.churn) {
      out.churn = measure_churn(cluster, out.problem);
      done("churn");
    }
  };
  measure();
  if (out.problem.empty())
    out.problem = cluster.problem();
  out.real_seconds = seconds();
  auto ran = cluster.world().scheduler().now();
  out.virtual_seconds = std::chrono::duration<double>(ran).count();
  out.actor_messages = cluster.actor_messages();
  out.peak_memory_bytes = peak_memory();
  return out;
}

} // namespace muster::sim
