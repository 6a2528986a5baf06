// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>

namespace muster::testing {

/// A folder that goes with the test.
class scratch_folder {
public:
  scratch_folder() {
    char name[] = "/tmp/muster-test-XXXXXX";
    path = ::mkdtemp(name);
  }

  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  /// Writes a file for the owner only.
  std::string write(const std::string& name, const std::string& bytes) const {
    auto file = path / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << bytes;
    ::chmod(file.c_str(), 0600);
    return file;
  }

  std::filesystem::path path;
};

} // namespace muster::testing
