// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <thread>

namespace muster::testing {

/// Waits until `holds()` is true, for tests with real threads or processes;
/// false if it is not within `patience`. The one place of the tests that may
/// sleep: it asks every 2 ms, so a test takes as long as the condition does.
template <class Condition>
bool eventually(Condition holds,
                std::chrono::milliseconds patience = std::chrono::seconds{20}) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

} // namespace muster::testing
