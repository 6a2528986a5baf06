// SPDX-License-Identifier: Apache-2.0

// Policies that come and go while everything else goes on.

#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

using namespace muster::sim;

namespace {

simulation_result with_policies(uint64_t seed, bool faults) {
  simulation_options options;
  options.seed = seed;
  options.with_faults = faults;
  options.with_policies = true;
  return simulate(options);
}

} // namespace

TEST_CASE("policies are kept while nothing goes wrong", "[simulation]") {
  auto x = with_policies(5, false);
  INFO(x.problem);
  CHECK(x.problem.empty());
  CHECK(x.policies_added > 5);
  CHECK(x.policy_commits > 100);
}

TEST_CASE("policies are kept under faults", "[simulation]") {
  size_t commits = 0;
  for (uint64_t seed = 11; seed <= 15; ++seed) {
    auto x = with_policies(seed, true);
    INFO("seed " << seed << ": " << x.problem);
    CHECK(x.problem.empty());
    commits += x.policy_commits;
  }
  CHECK(commits > 500);
}
