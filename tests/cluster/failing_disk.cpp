// SPDX-License-Identifier: Apache-2.0

// A disk that fails when it is told to, for LD_PRELOAD: see
// tests/failing_disk.sh. Two variables of the environment steer it:
//
//   MUSTER_DISK_UNDER   what the names of the files on that disk begin with
//   MUSTER_DISK_FAULT   a file with one of these words; without it all is well
//
//     sync_fails  a sync fails with EIO; writes do not, as in a page cache
//     no_room     a write fails with ENOSPC, as with a quota
//     full        the same, and the file system says that nothing is free

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/statvfs.h>
#include <unistd.h>

namespace {

/// The function of that name that this one stands before.
template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

std::string_view variable(const char* name) {
  auto* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// What is to fail now; empty = nothing.
std::string fault() {
  auto name = std::string{variable("MUSTER_DISK_FAULT")};
  auto fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {};
  char word[32];
  auto size = ::read(fd, word, sizeof(word));
  ::close(fd);
  auto text = std::string{word, size > 0 ? static_cast<size_t>(size) : 0};
  return text.substr(0, text.find('\n'));
}

bool is_under(std::string_view name) {
  auto under = variable("MUSTER_DISK_UNDER");
  return !under.empty() && name.starts_with(under);
}

bool is_on_disk(int fd) {
  auto link = "/proc/self/fd/" + std::to_string(fd);
  char name[PATH_MAX];
  auto size = ::readlink(link.c_str(), name, sizeof(name));
  return size > 0 && is_under({name, static_cast<size_t>(size)});
}

bool lacks_room(const std::string& what) {
  return what == "no_room" || what == "full";
}

bool no_room_for(int fd) {
  auto before = errno;
  auto fails = lacks_room(fault()) && is_on_disk(fd);
  errno = fails ? ENOSPC : before;
  return fails;
}

bool sync_fails_for(int fd) {
  auto before = errno;
  auto fails = fault() == "sync_fails" && is_on_disk(fd);
  errno = fails ? EIO : before;
  return fails;
}

template <class T>
int fill(T& x, const char* name, int done) {
  // The directory itself has no slash at its end.
  if (done == 0 && fault() == "full" && is_under(std::string{name} + "/"))
    x.f_bfree = x.f_bavail = 0;
  return done;
}

} // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static auto* then = next<decltype(write)>("write");
  return no_room_for(fd) ? -1 : then(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* then = next<decltype(pwrite)>("pwrite");
  return no_room_for(fd) ? -1 : then(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static auto* then = next<decltype(pwrite64)>("pwrite64");
  return no_room_for(fd) ? -1 : then(fd, data, size, at);
}

int fsync(int fd) {
  static auto* then = next<decltype(fsync)>("fsync");
  return sync_fails_for(fd) ? -1 : then(fd);
}

int fdatasync(int fd) {
  static auto* then = next<decltype(fdatasync)>("fdatasync");
  return sync_fails_for(fd) ? -1 : then(fd);
}

int statvfs(const char* name, struct statvfs* x) noexcept {
  static auto* then = next<int(const char*, struct statvfs*)>("statvfs");
  return fill(*x, name, then(name, x));
}

int statvfs64(const char* name, struct statvfs64* x) noexcept {
  static auto* then = next<int(const char*, struct statvfs64*)>("statvfs64");
  return fill(*x, name, then(name, x));
}

} // extern "C"
