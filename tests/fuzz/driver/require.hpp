// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/fuzz/target.hpp"

#include <cstdio>
#include <cstdlib>

// Included by each driver, once.

void muster::fuzz::require(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}
