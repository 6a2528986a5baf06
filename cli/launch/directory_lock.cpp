// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/directory_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace muster::launch {

namespace {

namespace fs = std::filesystem;

/// Is the lock file all that is in there?
bool holds_nothing(const fs::path& directory) {
  std::error_code ec;
  for (auto& entry : fs::directory_iterator{directory, ec})
    if (entry.path().filename() != "lock")
      return false;
  return !ec;
}

} // namespace

result<std::unique_ptr<directory_lock>>
directory_lock::take(const fs::path& directory) {
  std::error_code ec;
  auto made = fs::create_directories(directory, ec);
  if (made)
    fs::permissions(directory, fs::perms::owner_all, ec);
  auto file = directory / "lock";
  auto fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return error{errc::io, "cannot use the directory " + directory.string()
                             + ": " + std::strerror(errno)};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return error{errc::in_use, "another muster works on " + directory.string()
                                 + " right now"};
  }
  return std::unique_ptr<directory_lock>{
    new directory_lock{directory, fd, made}};
}

directory_lock::directory_lock(fs::path directory, int fd, bool made)
  : directory_(std::move(directory)), fd_(fd), made_(made) {
  // nop
}

directory_lock::~directory_lock() {
  if (made_ && holds_nothing(directory_)) {
    std::error_code ignored;
    fs::remove(directory_ / "lock", ignored);
    fs::remove(directory_, ignored);
  }
  ::close(fd_);
}

} // namespace muster::launch
