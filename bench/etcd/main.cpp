// SPDX-License-Identifier: Apache-2.0

// muster-bench-etcd [SECONDS [IN-FLIGHT...]]: one line for each number of
// writes in flight (default 1, 64, 256), on one cluster of three members.

#include "bench/etcd/etcd_cluster.hpp"
#include "bench/etcd/etcd_put.hpp"

#include <cstdio>
#include <cstdlib>

using namespace muster::bench;

namespace {

double microseconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double, std::micro>(x).count();
}

bool measure(const write_options& options) {
  auto x = run_etcd_writes(options);
  std::printf(
    "etcd in_flight=%zu writes_per_second=%.0f median_us=%.0f "
    "p99_us=%.0f max_us=%.0f writes=%llu failures=%llu%s%s\n",
    options.in_flight_count, x.writes_per_second, microseconds(x.median),
    microseconds(x.p99), microseconds(x.max),
    static_cast<unsigned long long>(x.writes_count),
    static_cast<unsigned long long>(x.failures_count),
    x.failure.empty() ? "" : " failure=", x.failure.c_str());
  std::fflush(stdout);
  return x.failure.empty();
}

} // namespace

int main(int argc, char** argv) {
  write_options options;
  if (argc > 1)
    options.duration = std::chrono::seconds{std::atoi(argv[1])};
  std::vector<size_t> depths{1, 64, 256};
  if (argc > 2)
    depths.clear();
  for (int i = 2; i < argc; ++i)
    depths.push_back(std::strtoul(argv[i], nullptr, 10));
  auto cluster = etcd_cluster::start(3);
  if (!cluster) {
    std::fprintf(stderr, "%s\n", cluster.failure().message.c_str());
    return 1;
  }
  options.endpoints = (*cluster)->endpoints();
  auto is_well = true;
  for (auto depth : depths) {
    options.in_flight_count = depth;
    is_well = measure(options) && is_well;
  }
  return is_well ? 0 : 1;
}
