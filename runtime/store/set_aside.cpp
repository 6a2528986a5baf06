// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/set_aside.hpp"

#include <filesystem>

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr int kept_max = 100;

} // namespace

result<std::string> set_aside(const std::string& directory) {
  auto code = std::error_code{};
  for (auto n = 1; n <= kept_max; ++n) {
    auto name = directory + damaged_suffix + std::to_string(n);
    if (fs::exists(name, code))
      continue;
    fs::rename(directory, name, code);
    if (code)
      return error{errc::io,
                   "cannot rename " + directory + ": " + code.message()};
    return name;
  }
  return error{errc::io, "too many damaged stores beside " + directory
                           + ": remove those that are not needed"};
}

} // namespace muster
