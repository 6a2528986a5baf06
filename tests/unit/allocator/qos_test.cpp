// SPDX-License-Identifier: Apache-2.0
#include "allocator/qos.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace muster;

namespace {

/// The field that is refused, or nothing.
std::string refused(const qos& x) {
  auto done = check_qos(x);
  if (done)
    return "";
  CHECK(done.failure().code == errc::invalid_argument);
  auto& text = done.failure().message;
  return text.substr(0, text.find(':'));
}

qos disk() {
  return {.capacity_bytes = 1};
}

} // namespace

TEST_CASE("qos: one resource is enough") {
  CHECK(refused({.capacity_bytes = 1}).empty());
  CHECK(refused({.cores_permille = 1}).empty());
  CHECK(refused({.memory_bytes = 1}).empty());
  CHECK(refused({.gpus = 1}).empty());
}

TEST_CASE("qos: what reserves nothing is refused") {
  CHECK(refused({}) == "capacity_bytes");
  CHECK(refused({.device_kind = "nvme-ssd"}) == "capacity_bytes");
}

TEST_CASE("qos: nothing of something is refused") {
  CHECK(refused({.capacity_bytes = 0}) == "capacity_bytes");
  CHECK(refused({.bandwidth_bits_per_second = 0, .cores_permille = 1})
        == "bandwidth_bits_per_second");
  CHECK(refused({.cores_permille = 0}) == "cores_permille");
  CHECK(refused({.memory_bytes = 0}) == "memory_bytes");
  CHECK(refused({.gpus = 0}) == "gpus");
  CHECK(refused({.gpus = 1, .gpu_share_permille = 0}) == "gpu_share_permille");
}

TEST_CASE("qos: each quantity has a limit") {
  CHECK(refused({.capacity_bytes = quantity_max}).empty());
  CHECK(refused({.capacity_bytes = quantity_max + 1}) == "capacity_bytes");
  CHECK(refused({.gpus = gpus_max}).empty());
  CHECK(refused({.gpus = gpus_max + 1}) == "gpus");
  auto x = disk();
  x.load_permille = 1001;
  CHECK(refused(x) == "load_permille");
  x = disk();
  x.from = "m1";
  x.hops = hops_max + 1;
  CHECK(refused(x) == "hops");
}

TEST_CASE("qos: times are longer than nothing and end") {
  auto x = disk();
  x.latency = nanoseconds{0};
  CHECK(refused(x) == "latency_ns");
  x.latency = std::chrono::hours{2};
  CHECK(refused(x) == "latency_ns");
  x.latency = nanoseconds{1};
  CHECK(refused(x).empty());
  x.duration = nanoseconds{-1};
  CHECK(refused(x) == "duration");
  x.duration = duration_max + nanoseconds{1};
  CHECK(refused(x) == "duration");
}

TEST_CASE("qos: hops need a place, and a place needs hops") {
  auto x = disk();
  x.hops = 2;
  CHECK(refused(x) == "from");
  x.from = "m1";
  CHECK(refused(x).empty());
  x.hops.reset();
  CHECK(refused(x) == "hops");
  x.best = objective::hops;
  CHECK(refused(x).empty());
  x.from.clear();
  CHECK(refused(x) == "from");
}

TEST_CASE("qos: a share is of one GPU") {
  CHECK(refused({.gpus = 1, .gpu_share_permille = 500}).empty());
  CHECK(refused({.gpus = 2, .gpu_share_permille = 500})
        == "gpu_share_permille");
  CHECK(refused({.capacity_bytes = 1, .gpu_share_permille = 500})
        == "gpu_share_permille");
  CHECK(refused({.gpus = 1, .gpu_share_permille = 1001})
        == "gpu_share_permille");
}

TEST_CASE("qos: labels are pairs that do not contradict each other") {
  auto with = [](std::vector<std::string> labels) {
    auto x = disk();
    x.labels = std::move(labels);
    return refused(x);
  };
  CHECK(with({"zone=a", "tier=b"}).empty());
  CHECK(with({"zone=a", "zone=a"}).empty());
  CHECK(with({"zone=a", "tier=b", "zone=b"}) == "labels");
  CHECK(with({"zone"}) == "labels");
  CHECK(with({"=a"}) == "labels");
  CHECK(with({"a=" + std::string(label_bytes_max, 'a')}) == "labels");
  CHECK(with(std::vector<std::string>(labels_max + 1, "a=b")) == "labels");
}

TEST_CASE("qos: what is about devices needs one") {
  qos x{.cores_permille = 1000, .replicas = 2};
  x.spread = spread_over::device;
  CHECK(refused(x) == "spread");
  x.spread = spread_over::rack;
  x.best = objective::latency;
  CHECK(refused(x) == "objective");
  x.device_kind = "nvme-ssd";
  CHECK(refused(x).empty());
}

TEST_CASE("qos: as many replicas as a command can hold") {
  auto x = disk();
  x.replicas = 0;
  CHECK(refused(x) == "replicas");
  x.replicas = replicas_max;
  CHECK(refused(x).empty());
  x.replicas = replicas_max + 1;
  CHECK(refused(x) == "replicas");
}

TEST_CASE("qos: names go to text and back") {
  for (auto x : {objective::fit, objective::spread, objective::latency,
                 objective::hops, objective::load})
    CHECK(objective_from(to_string(x)) == x);
  for (auto x : {spread_over::device, spread_over::machine, spread_over::rack})
    CHECK(spread_from(to_string(x)) == x);
  CHECK_FALSE(objective_from("best"));
  CHECK_FALSE(spread_from(""));
}

TEST_CASE("qos: each criterion has a name of its own") {
  std::vector<std::string> names;
  for (size_t i = 0; i < criterion_count; ++i)
    names.emplace_back(to_string(static_cast<criterion>(i)));
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
  CHECK(std::ranges::find(names, "unknown") == names.end());
}
