// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/durable_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace muster {

namespace {

error failure(const std::string& name) {
  return {errc::io, name + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

} // namespace

status sync_directory(const std::string& directory) {
  auto fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return failure(directory);
  auto done = ::fsync(fd) == 0 ? ok() : failure(directory);
  ::close(fd);
  return done;
}

status write_durably(const std::string& name, std::string_view bytes) {
  auto fd = ::open(name.c_str(), O_TRUNC | O_WRONLY | O_CREAT | O_CLOEXEC,
                   0644);
  if (fd < 0)
    return failure(name);
  auto done = write_all(fd, bytes) && ::fsync(fd) == 0 ? ok() : failure(name);
  if (::close(fd) != 0 && done)
    done = failure(name);
  return done ? sync_directory(name.substr(0, name.rfind('/'))) : done;
}

} // namespace muster
