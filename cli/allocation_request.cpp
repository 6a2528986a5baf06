// SPDX-License-Identifier: Apache-2.0
#include "cli/allocation_request.hpp"

#include "cli/quantities.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace muster::cli {

namespace {

using http::json;

/// Fills a request and keeps the first complaint.
struct request_writer {
  json out = json::object();
  std::optional<error> wrong;

  /// @param read  of the option's name and text
  template <class F>
  void quantity(const char* member, const char* option, const std::string& text,
                F read) {
    if (text.empty())
      return;
    auto x = read(option, text);
    if (x)
      out[member] = *x;
    else if (!wrong)
      wrong = x.failure();
  }

  void time(const char* member, const char* option, const std::string& text) {
    quantity(member, option, text,
             [](auto name, auto& from) -> result<int64_t> {
               auto x = parse_duration(name, from);
               if (!x)
                 return x.failure();
               return x->count();
             });
  }

  template <class T>
  void number(const char* member, const std::optional<T>& x) {
    if (x)
      out[member] = *x;
  }

  void text(const char* member, const std::string& x) {
    if (!x.empty())
      out[member] = x;
  }
};

} // namespace

void add_request_options(CLI::App& to, request_options& x) {
  to.add_option("--capacity", x.capacity, "of a device, such as 64MiB");
  to.add_option("--latency", x.latency, "of the device at most, such as 5ms");
  to.add_option("--bandwidth", x.bandwidth, "at least, such as 1Gbit");
  to.add_option("--hops", x.hops, "links from --from, at most");
  to.add_option("--from", x.from, "the machine or switch to count from");
  to.add_option("--load", x.load, "of the machine at most, such as 50%");
  to.add_option("--cores", x.cores, "such as 2 or 2.5");
  to.add_option("--memory", x.memory, "such as 1GiB");
  to.add_option("--gpus", x.gpus, "whole ones, on one machine");
  to.add_option("--gpu-share", x.gpu_share,
                "with --gpus 1: a part of it, such as 25%");
  to.add_option("--kind", x.kind, "of the device, such as nvme");
  to.add_option("--label", x.labels,
                "name=value of the device or its machine; again for more");
  to.add_option("--replicas", x.replicas, "so many places");
  to.add_option("--spread", x.spread,
                "what they do not share: device, machine (usual), rack");
  to.add_option("--objective", x.objective,
                "best is: fit (usual), spread, latency, hops, load");
  to.add_option("--duration", x.duration,
                "it ends by itself after, such as 1h; else when released");
  to.add_flag("--dry-run", x.dry_run,
              "reserve nothing, tell the candidates; also machines that are "
              "not started");
}

result<json> json_of(const request_options& x) {
  request_writer to;
  to.text("id", x.id);
  to.quantity("capacity_bytes", "--capacity", x.capacity, parse_bytes);
  to.time("latency_ns", "--latency", x.latency);
  to.quantity("bandwidth_bits_per_second", "--bandwidth", x.bandwidth,
              parse_bandwidth);
  to.number("hops", x.hops);
  to.text("from", x.from);
  to.quantity("load_permille", "--load", x.load, parse_share);
  to.quantity("cores_permille", "--cores", x.cores, parse_thousandths);
  to.quantity("memory_bytes", "--memory", x.memory, parse_bytes);
  to.number("gpus", x.gpus);
  to.quantity("gpu_share_permille", "--gpu-share", x.gpu_share, parse_share);
  to.text("device_kind", x.kind);
  if (!x.labels.empty())
    to.out["labels"] = x.labels;
  to.number("replicas", x.replicas);
  to.text("spread", x.spread);
  to.text("objective", x.objective);
  to.time("duration_ns", "--duration", x.duration);
  if (to.wrong)
    return *to.wrong;
  return std::move(to.out);
}

} // namespace muster::cli
