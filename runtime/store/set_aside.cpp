// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/set_aside.hpp"

#include "runtime/store/durable_file.hpp"

#include <filesystem>
#include <fstream>

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr int kept_max = 100;

std::string mark_of(const std::string& directory) {
  return directory + "/" + given_up_file;
}

} // namespace

status give_up(const std::string& directory, const std::string& why) {
  return write_durably(mark_of(directory), why + "\n");
}

std::optional<std::string> why_given_up(const std::string& directory) {
  auto code = std::error_code{};
  if (!fs::exists(mark_of(directory), code))
    return std::nullopt;
  std::ifstream in{mark_of(directory)};
  std::string why;
  // A disk that failed may have kept no more than the name.
  if (!std::getline(in, why) || why.empty())
    return "the disk has lost why";
  return why;
}

result<std::string> set_aside(const std::string& directory,
                              const std::string& why) {
  // Without the mark only the reason is missing: the new name says enough.
  if (!why_given_up(directory))
    (void) give_up(directory, why);
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
