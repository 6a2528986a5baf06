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
  if (options.how == effort::exact && is_plain(x, w))
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
      }
    }
  }
}
