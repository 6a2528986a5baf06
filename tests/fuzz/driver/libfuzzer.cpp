// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/driver/require.hpp"

#include <cstdint>
#include <fstream>

// Before anything else, the target's seeds are written to the folder that
// MUSTER_FUZZ_SEEDS names, which scripts/fuzz passes as a corpus.

extern "C" int LLVMFuzzerInitialize(int*, char***);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerInitialize(int*, char***) {
  auto* folder = std::getenv("MUSTER_FUZZ_SEEDS");
  if (folder == nullptr)
    return 0;
  auto number = 0;
  for (auto& seed : muster::fuzz::seeds()) {
    auto name = "/seed-" + std::to_string(number++);
    std::ofstream{folder + name, std::ios::binary} << seed;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  muster::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
