// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace muster::sim;

namespace {

simulation_result run_seed(uint64_t seed) {
  simulation_options options;
  options.seed = seed;
  return simulate(options);
}

} // namespace

TEST_CASE("seeds that once failed pass", "[simulation]") {
  auto seed = GENERATE(4u, 8u, 14u, 56u, 1177u, 1251u, 1269u, 5013u, 5044u,
                       243u, 60538u, 900200u, 901254u, 3861u, 2000695u,
                       3001741u, 3004188u, 6000098u);
  INFO("muster-sim --seed " << seed);
  auto x = run_seed(seed);
  INFO(x.problem);
  CHECK(x.problem.empty());
}

TEST_CASE("seeds with switches that once failed pass", "[simulation]") {
  simulation_options options;
  options.seed = GENERATE(31052u, 45027u, 45078u);
  options.with_switches = true;
  INFO("muster-sim --switches --seed " << options.seed);
  auto x = simulate(options);
  INFO(x.problem);
  CHECK(x.problem.empty());
}

TEST_CASE("a seed with the real actors is one run", "[simulation]") {
  auto x = run_seed(7);
  auto y = run_seed(7);
  CHECK(x.messages == y.messages);
  CHECK(x.definite_count == y.definite_count);
  CHECK(x.operations.size() == y.operations.size());
}

TEST_CASE("a trace changes nothing", "[simulation]") {
  // This seed dies at a step that only an event tells.
  simulation_options options;
  options.seed = 337;
  auto x = simulate(options);
  std::ostringstream lines;
  options.trace = &lines;
  auto y = simulate(options);
  CHECK(x.messages == y.messages);
  CHECK(x.problem == y.problem);
}

TEST_CASE("seeds with moves hand shards over", "[simulation]") {
  size_t handed_over = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    simulation_options options;
    options.seed = seed;
    options.with_moves = true;
    auto x = simulate(options);
    INFO("muster-sim --moves --seed " << seed << ": " << x.problem);
    CHECK(x.problem.empty());
    handed_over += x.handed_over;
  }
  CHECK(handed_over > 5);
}
