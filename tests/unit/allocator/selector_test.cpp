// SPDX-License-Identifier: Apache-2.0
#include "allocator/selector.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace muster;
using namespace muster::test;

namespace {

/// Objectives whose score the twin knows.
bool is_plain(const world& x, const qos& w) {
  auto best = objective_of(w);
  auto about_gpus = !w.capacity_bytes
                    && (best == objective::fit ? x.in.cores_per_gpu() != 0
                                               : w.gpus.has_value());
  return !about_gpus || (best != objective::fit && best != objective::spread);
}

std::string describe(const qos& w) {
  std::string out;
  auto add = [&](const char* name, const auto& x) {
    if (x)
      out += std::string{name} + " " + std::to_string(*x) + ", ";
  };
  add("capacity", w.capacity_bytes);
  if (w.latency)
    out += "latency " + std::to_string(w.latency->count()) + ", ";
  add("bandwidth", w.bandwidth_bits_per_second);
  add("hops", w.hops);
  add("load", w.load_permille);
  add("cores", w.cores_permille);
  add("memory", w.memory_bytes);
  add("gpus", w.gpus);
  add("share", w.gpu_share_permille);
  for (auto& x : w.labels)
    out += x + ", ";
  return out + w.device_kind + ", " + to_string(objective_of(w)) + " " + w.from;
}

/// Compares one choice with the twin's.
void compare(world& x, selector& use, const qos& w,
             const search_options& options) {
  std::vector<world::named_candidate> names;
  auto all = x.candidates(w, names);
  auto wanted = x.request(w, options.dry_run);
  auto best = bench::naive_choice(all, wanted);
  auto got = use.choose(w, options);
  INFO(describe(w) << (got ? got->front().machine.value : ""));
  REQUIRE(static_cast<bool>(got) == best.has_value());
  if (!got) {
    REQUIRE(got.failure().code == errc::refused);
    return;
  }
  auto& chosen = got->front();
  auto i = std::ranges::find_if(names, [&](auto& name) {
    return name.machine == chosen.machine.value && name.device == chosen.device;
  });
  REQUIRE(i != names.end());
  auto& c = all[static_cast<size_t>(i - names.begin())];
  REQUIRE(bench::satisfies(c, wanted));
  // A sample of more than there are is exact.
  auto all_seen = options.how == effort::exact || options.sample_count > 512;
  if (all_seen && is_plain(x, w))
    REQUIRE(bench::plain_score(c, w) == bench::plain_score(all[*best], w));
}

} // namespace

TEST_CASE("selector: every choice is the twin's, by both kernels", "[twin]") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    dice with{seed};
    world x;
    selector fast{x.in};
    selector portable{x.in, portable_kernels()};
    for (int round = 0; round < 30; ++round) {
      grow(x, with, 20);
      for (int i = 0; i < 6; ++i) {
        INFO("round " << round << ", request " << i);
        auto w = with.request(places_of(x));
        search_options how{.how = effort::exact,
                           .random = with.next(),
                           .dry_run = with.one_in(3)};
        compare(x, fast, w, how);
        compare(x, portable, w, how);
        // Neither kernel makes a difference, not even among equals.
        auto a = fast.choose(w, how);
        auto b = portable.choose(w, how);
        REQUIRE(static_cast<bool>(a) == static_cast<bool>(b));
        if (a)
          REQUIRE(*a == *b);
        how.how = effort::sample;
        compare(x, fast, w, how);
        compare(x, portable, w, how);
        how.sample_count = 1000;
        compare(x, fast, w, how);
      }
    }
  }
}

namespace {

/// So many machines, each with two devices; two a rack.
struct racks {
  world x;
  selector use{x.in};

  explicit racks(int count) {
    for (int i = 0; i < count; ++i) {
      auto id = "m" + std::to_string(i);
      x.put(id, {2000, 1000, 0, 0, "r" + std::to_string(i / 2), {}});
      for (auto device : {"d0", "d1"})
        x.put(id, device, {"ssd", 100, {}, 0, {}});
    }
  }

  /// The machines chosen, or none.
  std::vector<std::string> choose(uint32_t replicas, spread_over over,
                                  std::optional<uint64_t> cores = {}) {
    qos w{.capacity_bytes = 10,
          .cores_permille = cores,
          .replicas = replicas,
          .spread = over};
    std::vector<std::string> out;
    auto got = use.choose(w, {.dry_run = true});
    if (got)
      for (auto& place : *got)
        out.push_back(place.machine.value);
    std::ranges::sort(out);
    return out;
  }

  std::vector<std::string> rack_numbers(std::vector<std::string> ids) {
    for (auto& id : ids)
      id = x.machines[id].facts.rack;
    std::ranges::sort(ids);
    return ids;
  }
};

bool all_differ(const std::vector<std::string>& xs) {
  return std::ranges::adjacent_find(xs) == xs.end();
}

} // namespace

TEST_CASE("selector: replicas on different devices may share a machine") {
  racks f{1};
  CHECK(f.choose(2, spread_over::device).size() == 2);
  CHECK(f.choose(3, spread_over::device).empty());
  CHECK(f.choose(2, spread_over::machine).empty());
}

TEST_CASE("selector: replicas on one machine need the sum of its cores") {
  racks f{1};
  CHECK(f.choose(2, spread_over::device, 1000).size() == 2);
  CHECK(f.choose(2, spread_over::device, 1001).empty());
}

TEST_CASE("selector: replicas on different machines") {
  racks f{4};
  auto got = f.choose(4, spread_over::machine);
  CHECK(got.size() == 4);
  CHECK(all_differ(got));
  CHECK(f.choose(5, spread_over::machine).empty());
}

TEST_CASE("selector: replicas in different racks") {
  racks f{6};
  auto got = f.choose(3, spread_over::rack);
  CHECK(got.size() == 3);
  CHECK(all_differ(f.rack_numbers(got)));
  CHECK(f.choose(4, spread_over::rack).empty());
}

TEST_CASE("selector: machines of an unknown rack count as one rack") {
  world x;
  for (auto id : {"m1", "m2"})
    x.put(id, {1000, 0, 0, 0, "", {}});
  selector use{x.in};
  qos w{.cores_permille = 1, .replicas = 2, .spread = spread_over::rack};
  CHECK_FALSE(use.choose(w, {.dry_run = true}));
  w.spread = spread_over::machine;
  CHECK(use.choose(w, {.dry_run = true}));
}

TEST_CASE("selector: nothing is left out for the next request") {
  racks f{2};
  for (int i = 0; i < 5; ++i) {
    CHECK(f.choose(2, spread_over::machine).size() == 2);
    CHECK(f.choose(3, spread_over::machine).empty());
  }
}

TEST_CASE("selector: a real request takes no machine that was only loaded") {
  racks f{2};
  qos w{.cores_permille = 1000};
  CHECK_FALSE(f.use.choose(w, {}));
  CHECK(f.use.choose(w, {.dry_run = true}));
  f.x.start("m1", true);
  CHECK_FALSE(f.use.choose(w, {})); // it has no counters
  f.x.count("m1", {counter_kind::cores, 0, {}}, 2000);
  auto got = f.use.choose(w, {});
  REQUIRE(got);
  CHECK(got->front().machine == machine_id{"m1"});
}

TEST_CASE("selector: what is to be avoided is not taken") {
  racks f{2};
  search_options how{.dry_run = true};
  how.avoid = {{machine_id{"m0"}, ""},
               {machine_id{"m1"}, "d1"},
               {machine_id{"m7"}, ""},
               {machine_id{"m1"}, "d9"}};
  auto got = f.use.choose({.capacity_bytes = 1}, how);
  REQUIRE(got);
  CHECK(got->front() == placement{machine_id{"m1"}, "d0", {}});
  how.avoid.push_back({machine_id{"m1"}, "d0"});
  CHECK_FALSE(f.use.choose({.capacity_bytes = 1}, how));
}

TEST_CASE("selector: whole GPUs, and a share of one") {
  world x;
  x.put("m1", {1000, 0, 4, 0, "", {}});
  x.start("m1", true);
  for (auto [gpu, left] :
       {std::pair{0U, 300}, {1U, 1000}, {2U, 500}, {3U, 1000}})
    x.count("m1", {counter_kind::gpu, gpu, {}}, left);
  selector use{x.in};
  auto gpus = [&](const qos& w) {
    auto got = use.choose(w, {});
    return got ? got->front().gpus : std::vector<uint32_t>{};
  };
  CHECK(gpus({.gpus = 2}) == std::vector<uint32_t>{1, 3});
  CHECK(gpus({.gpus = 3}).empty());
  CHECK(gpus({.gpus = 1, .gpu_share_permille = 400})
        == std::vector<uint32_t>{2});
  CHECK(gpus({.gpus = 1}) == std::vector<uint32_t>{1});
}

TEST_CASE("selector: different random numbers take different equals") {
  racks f{600};
  for (auto how : {effort::sample, effort::exact}) {
    std::set<std::string> taken;
    for (uint64_t i = 0; i < 64; ++i) {
      auto got = f.use.choose(
        {.capacity_bytes = 1},
        {.how = how, .random = i * 0x9E3779B97F4A7C15, .dry_run = true});
      REQUIRE(got);
      taken.insert(got->front().machine.value);
    }
    CHECK(taken.size() > 32);
  }
}

TEST_CASE("selector: a sample finds the only candidate of many") {
  racks f{2000};
  f.x.put("m1234", "d1", {"ssd", 1000, {}, 0, {}});
  for (uint64_t i = 0; i < 32; ++i) {
    auto got
      = f.use.choose({.capacity_bytes = 101},
                     {.random = i * 0x9E3779B97F4A7C15, .dry_run = true});
    REQUIRE(got);
    CHECK(got->front() == placement{machine_id{"m1234"}, "d1", {}});
  }
}

TEST_CASE("selector: an unknown place is an error of its own") {
  racks f{1};
  auto got = f.use.choose({.capacity_bytes = 1, .hops = 1, .from = "nowhere"},
                          {.dry_run = true});
  REQUIRE_FALSE(got);
  CHECK(got.failure().code == errc::not_found);
}

TEST_CASE("selector: an empty inventory refuses") {
  world x;
  selector use{x.in};
  for (auto how : {effort::sample, effort::exact}) {
    auto got = use.choose({.capacity_bytes = 1}, {.how = how});
    REQUIRE_FALSE(got);
    CHECK(got.failure().code == errc::refused);
  }
}
