// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/driver/require.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

// replay-<target> [FILE or FOLDER...]: runs the target's seeds, which it must
// accept, and then each file, which must do no harm. The last line that it
// writes before it dies names the input.

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> inputs_in(const fs::path& where) {
  if (!fs::is_directory(where))
    return {where};
  std::vector<fs::path> out;
  for (auto& entry : fs::directory_iterator(where))
    out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

int main(int argc, char** argv) {
  auto seeds = muster::fuzz::seeds();
  muster::fuzz::require(!seeds.empty(), "a target has seeds");
  for (size_t i = 0; i < seeds.size(); ++i) {
    std::printf("seed %zu\n", i);
    std::fflush(stdout);
    muster::fuzz::require(muster::fuzz::run(seeds[i]), "a seed is accepted");
  }
  auto replayed = size_t{0};
  for (auto i = 1; i < argc; ++i)
    for (auto& path : inputs_in(argv[i])) {
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);
      muster::fuzz::run(read(path));
      ++replayed;
    }
  std::printf("%zu seeds and %zu inputs replayed\n", seeds.size(), replayed);
  return 0;
}
