// SPDX-License-Identifier: Apache-2.0
#include "allocator/explanation.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

using namespace muster;
using namespace muster::test;

namespace {

explanation explain(world& x, const qos& w,
                    const search_options& options = {}) {
  selector use{x.in};
  auto out = use.explain(w, options);
  REQUIRE(out);
  return *out;
}

exclusion of(const explanation& x, criterion which) {
  for (auto& e : x.excluded)
    if (e.which == which)
      return e;
  FAIL("no such criterion: " << to_string(which));
  return {};
}

/// Three machines that run, each with a disk whose counter says what is left.
struct three {
  world x;

  three() {
    add("m1", 100, 10);
    add("m2", 200, 20);
    add("m3", 300, 30);
    x.link("m1", "s1");
    x.link("m2", "s1");
    x.link("m3", "s2");
  }

  void add(const std::string& id, uint64_t capacity, int64_t latency) {
    x.put(id, {1000, 0, 0, 0, "r-" + id, {}});
    x.put(id, "d", {"ssd", capacity, nanoseconds{latency}, 0, {"tier=" + id}});
    x.start(id, true);
    x.count(id, {counter_kind::device, 0, "d"}, static_cast<int64_t>(capacity));
    x.count(id, {counter_kind::cores, 0, {}}, 1000);
  }
};

/// The criteria of a request, naively and in their order.
std::vector<
  std::pair<criterion, std::function<bool(const bench::plain_candidate&)>>>
tests_of(const bench::plain_request& r) {
  using c = bench::plain_candidate;
  std::vector<std::pair<criterion, std::function<bool(const c&)>>> out;
  auto& w = r.wanted;
  auto add = [&](bool named, criterion which, auto test) {
    if (named)
      out.emplace_back(which, test);
  };
  add(!r.dry_run, criterion::started, [](const c& x) { return x.started; });
  add(r.kind != 0, criterion::kind,
      [r](const c& x) { return x.kind == r.kind; });
  add(!w.labels.empty(), criterion::labels,
      [w](const c& x) { return bench::labels_match(x, w); });
  add(w.hops.has_value(), criterion::reachable,
      [](const c& x) { return x.hops != UINT32_MAX; });
  add(w.hops.has_value(), criterion::hops,
      [w](const c& x) { return x.hops == UINT32_MAX || x.hops <= *w.hops; });
  add(w.capacity_bytes.has_value(), criterion::capacity,
      [w](const c& x) { return x.capacity_bytes >= *w.capacity_bytes; });
  add(w.latency.has_value(), criterion::latency, [w](const c& x) {
    return x.latency_ns <= static_cast<uint64_t>(w.latency->count());
  });
  add(w.bandwidth_bits_per_second.has_value(), criterion::bandwidth,
      [w](const c& x) {
        return x.bandwidth_bits_per_second >= *w.bandwidth_bits_per_second;
      });
  add(w.cores_permille.has_value(), criterion::cores,
      [w](const c& x) { return x.cores_permille >= *w.cores_permille; });
  add(w.memory_bytes.has_value(), criterion::memory,
      [w](const c& x) { return x.memory_bytes >= *w.memory_bytes; });
  add(w.gpus.has_value(), w.gpus == 1u ? criterion::gpu_share : criterion::gpus,
      [w](const c& x) { return bench::gpus_suffice(x, w); });
  add(w.load_permille.has_value(), criterion::load,
      [w](const c& x) { return x.load_permille <= *w.load_permille; });
  return out;
}

void compare(world& x, const qos& w, const search_options& options) {
  std::vector<world::named_candidate> names;
  auto all = x.candidates(w, names);
  auto tests = tests_of(x.request(w, options.dry_run));
  auto got = explain(x, w, options);
  REQUIRE(got.candidates == all.size());
  if (all.empty())
    return;
  std::vector<exclusion> right;
  for (auto& [which, test] : tests)
    right.push_back({which, 0, 0});
  size_t satisfying = 0;
  size_t fewest = SIZE_MAX;
  for (auto& c : all) {
    size_t lacks = 0;
    for (size_t i = 0; i < tests.size(); ++i)
      if (!tests[i].second(c)) {
        ++right[i].alone;
        right[i].in_order += lacks == 0;
        ++lacks;
      }
    satisfying += lacks == 0;
    fewest = std::min(fewest, lacks);
  }
  REQUIRE(got.satisfying == satisfying);
  REQUIRE(got.excluded.size() == right.size());
  for (size_t i = 0; i < right.size(); ++i) {
    INFO(to_string(right[i].which));
    REQUIRE(got.excluded[i].which == right[i].which);
    REQUIRE(got.excluded[i].alone == right[i].alone);
    REQUIRE(got.excluded[i].in_order == right[i].in_order);
  }
  REQUIRE(got.nearest.empty() == (satisfying != 0));
  if (satisfying == 0)
    REQUIRE(got.nearest.front().lacks.size() == fewest);
  if (options.dry_run)
    REQUIRE(got.best.size() == std::min(ranked_max, satisfying));
}

} // namespace

TEST_CASE("explanation: alone and in order") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 250, .latency = nanoseconds{15}});
  CHECK(why.candidates == 3);
  CHECK(why.satisfying == 0);
  CHECK(of(why, criterion::started).alone == 0);
  CHECK(of(why, criterion::capacity).alone == 2);
  CHECK(of(why, criterion::capacity).in_order == 2);
  CHECK(of(why, criterion::latency).alone == 2);
  CHECK(of(why, criterion::latency).in_order == 1); // m3
}

TEST_CASE(
  "explanation: for each criterion that alone is in the way, who comes "
  "nearest") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 250, .latency = nanoseconds{15}});
  REQUIRE(why.nearest.size() == 2);
  // m3 is twice too slow; m1 has four tenths of the capacity.
  CHECK(why.nearest[0].machine == machine_id{"m3"});
  CHECK(why.nearest[0].device == "d");
  CHECK(why.nearest[0].lacks
        == std::vector<lack>{{criterion::latency, 30, 15}});
  CHECK(why.nearest[1].machine == machine_id{"m1"});
  CHECK(why.nearest[1].lacks
        == std::vector<lack>{{criterion::capacity, 100, 250}});
}

TEST_CASE("explanation: of several that lack one thing, who lacks least") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 350});
  REQUIRE(why.nearest.size() == 1);
  CHECK(why.nearest[0].machine == machine_id{"m3"});
  why = explain(f.x, {.capacity_bytes = 1, .latency = nanoseconds{5}});
  REQUIRE(why.nearest.size() == 1);
  CHECK(why.nearest[0].machine == machine_id{"m1"});
}

TEST_CASE(
  "explanation: where two criteria are in the way of all, one of the "
  "nearest") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 1000, .latency = nanoseconds{5}});
  REQUIRE(why.nearest.size() == 1);
  CHECK(why.nearest[0].lacks.size() == 2);
  CHECK(why.nearest[0].machine == machine_id{"m1"});
}

TEST_CASE("explanation: unreachable is another reason than too far") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 150, .hops = 1, .from = "m1"});
  CHECK(of(why, criterion::reachable).alone == 1); // m3
  CHECK(of(why, criterion::hops).alone == 1); // m2, two hops away
  CHECK(of(why, criterion::hops).in_order == 1);
  REQUIRE(why.nearest.size() == 3);
  for (auto& x : why.nearest)
    if (x.lacks.front().which == criterion::hops)
      CHECK(x.lacks.front() == lack{criterion::hops, 2, 1});
    else if (x.lacks.front().which == criterion::reachable)
      CHECK(x.lacks.front() == lack{criterion::reachable, unreachable, 1});
}

TEST_CASE("explanation: machines that were only loaded are named as such") {
  three f;
  f.x.start("m3", false);
  auto why = explain(f.x, {.capacity_bytes = 250});
  CHECK(of(why, criterion::started).in_order == 1);
  REQUIRE_FALSE(why.nearest.empty());
  CHECK(std::ranges::any_of(why.nearest, [](auto& x) {
    return x.lacks.front().which == criterion::started
           && x.machine == machine_id{"m3"};
  }));
  why = explain(f.x, {.capacity_bytes = 250}, {.dry_run = true});
  CHECK(why.satisfying == 1);
}

TEST_CASE("explanation: labels and kind") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 1,
                           .device_kind = "tape",
                           .labels = {"tier=m1", "zone=a"}});
  CHECK(of(why, criterion::kind).alone == 3);
  CHECK(of(why, criterion::labels).alone == 3);
  CHECK(of(why, criterion::labels).in_order == 0);
}

TEST_CASE("explanation: a dry run has the candidates, the best first") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 150, .best = objective::fit},
                     {.dry_run = true});
  REQUIRE(why.best.size() == 2);
  CHECK(why.best[0].machine == machine_id{"m2"});
  CHECK(why.best[0].score == 200);
  CHECK(why.best[1].score == 300);
  CHECK(explain(f.x, {.capacity_bytes = 150}).best.empty());
}

TEST_CASE(
  "explanation: replicas that exclude each other's places are a "
  "reason") {
  three f;
  qos w{.capacity_bytes = 150, .replicas = 3};
  auto why = explain(f.x, w);
  CHECK(of(why, criterion::taken).alone == 2);
  CHECK(why.satisfying == 0);
  w.replicas = 2;
  why = explain(f.x, w);
  CHECK(why.satisfying == 2);
}

TEST_CASE("explanation: what the caller leaves out is a reason") {
  three f;
  auto why = explain(f.x, {.capacity_bytes = 250},
                     {.avoid = {{machine_id{"m3"}, "d"}}});
  CHECK(of(why, criterion::taken).in_order == 1);
  CHECK(why.nearest.back().lacks
        == std::vector<lack>{{criterion::taken, 0, 0}});
}

TEST_CASE("explanation: of nothing there is nothing to say") {
  world x;
  auto why = explain(x, {.capacity_bytes = 1});
  CHECK(why.candidates == 0);
  CHECK(why.excluded.empty());
}

TEST_CASE("explanation: every count is the twin's", "[twin]") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    for (int round = 0; round < 20; ++round) {
      grow(x, with, 25);
      for (int i = 0; i < 8; ++i) {
        INFO("round " << round << ", request " << i);
        compare(x, with.request(places_of(x)),
                {.random = with.next(), .dry_run = with.one_in(2)});
      }
    }
  }
}
