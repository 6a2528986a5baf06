// SPDX-License-Identifier: Apache-2.0

// The main function of every test executable, compiled once. Where deliberate
// errors are compiled in, the environment's MUSTER_MUTANT names the one that is
// switched on (scripts/mutants).

#define CATCH_CONFIG_RUNNER
#include "registry/mutants.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

/// @returns false if there is none of that name
bool switch_mutant_on() {
#ifdef MUSTER_MUTANTS
  if (const auto* name = std::getenv("MUSTER_MUTANT"))
    return muster::switch_on(name);
#endif
  return true;
}

} // namespace

int main(int argc, char** argv) {
  constexpr int usage = 2;
  if (!switch_mutant_on()) {
    std::fputs("no mutant has the name in MUSTER_MUTANT\n", stderr);
    return usage;
  }
  return Catch::Session().run(argc, argv);
}
