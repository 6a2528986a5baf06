// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <filesystem>
#include <memory>

namespace muster::launch {

/// The only `up` or `down` that works on a cluster's directory, until it is
/// destroyed. The directory is made if there is none, and removed again if it
/// was made here and nothing came into it.
class directory_lock {
public:
  /// Errors: `in_use`, `io`.
  static result<std::unique_ptr<directory_lock>>
  take(const std::filesystem::path& directory);

  ~directory_lock();

  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;

private:
  directory_lock(std::filesystem::path directory, int fd, bool made);

  std::filesystem::path directory_;
  int fd_;
  bool made_;
};

} // namespace muster::launch
