// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/schedule.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace muster::nemesis;
using namespace std::chrono_literals;

namespace {

std::vector<planned_fault> plan(uint64_t seed, std::chrono::milliseconds x) {
  return make_schedule({.seed = seed, .length = x});
}

/// Those that are under way, or not recovered from, when `x` begins.
template <class Which>
size_t beside(const std::vector<planned_fault>& all, const planned_fault& x,
              Which which) {
  return static_cast<size_t>(
    std::count_if(all.begin(), all.end(), [&](auto& y) {
      return which(y) && y.begin <= x.begin && x.begin <= y.recovered();
    }));
}

} // namespace

TEST_CASE("schedule: every kind, within the run, in both lengths") {
  auto length = GENERATE(15'000ms, 60'000ms);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    auto all = plan(seed, length);
    std::set<fault_kind> kinds;
    for (auto& x : all) {
      kinds.insert(x.kind);
      CHECK(x.begin >= 1s);
      CHECK(x.begin + 500ms <= x.end);
      CHECK(x.end <= length);
    }
    CHECK(kinds.size() == fault_kinds);
  }
}

TEST_CASE("schedule: two machines down at most, and one member of etcd") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    auto all = plan(seed, 60s);
    for (auto& x : all) {
      CHECK(beside(all, x, [](auto& y) { return y.takes_down(); })
            <= machines_down_max);
      CHECK(beside(all, x, [](auto& y) { return y.of_etcd(); }) <= 1);
      CHECK(beside(all, x,
                   [&](auto& y) {
                     return x.takes_down() && y.takes_down()
                            && x.target == y.target;
                   })
            <= 1);
    }
  }
}

TEST_CASE("schedule: the seed decides everything") {
  auto texts = [](uint64_t seed) {
    std::string out;
    for (auto& x : plan(seed, 60s))
      out += std::to_string(x.begin.count()) + " " + x.text(5) + "\n";
    return out;
  };
  CHECK(texts(7) == texts(7));
  CHECK(texts(7) != texts(8));
}

TEST_CASE("schedule: one way holds what some send, on both connections") {
  for (auto& x : plan(3, 60s)) {
    if (x.kind != fault_kind::one_way)
      continue;
    for (auto& [where, how] : x.links) {
      CHECK_FALSE(how.cut);
      CHECK(how.stall_there != how.stall_back);
      auto& other = x.links.at({where.second, where.first});
      CHECK(how.stall_there == other.stall_back);
    }
  }
}

TEST_CASE("schedule: switches are hit as machines are") {
  std::set<size_t> targets;
  auto cut = false;
  for (uint64_t seed = 1; seed <= 20; ++seed)
    for (auto& x : make_schedule({.seed = seed, .switches = 2})) {
      if (x.takes_down())
        targets.insert(x.target);
      for (auto& [where, how] : x.links)
        cut = cut || where.first == 6;
    }
  CHECK(targets == std::set<size_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(cut);
}
