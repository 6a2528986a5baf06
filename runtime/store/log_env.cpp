// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/log_env.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace muster {

namespace {

leveldb::Status failure(const std::string& name, int code) {
  return leveldb::Status::IOError(name, std::strerror(code));
}

/// A log file; see `log_env`. Buffers like LevelDB's own, until `Flush`.
class extent_file : public leveldb::WritableFile {
public:
  extent_file(std::string name, int fd, size_t extent_bytes)
    : name_(std::move(name)), fd_(fd), zeros_(extent_bytes, '\0') {
    // nop
  }

  ~extent_file() override {
    if (fd_ >= 0)
      Close();
  }

  leveldb::Status Append(const leveldb::Slice& data) override {
    buffer_.append(data.data(), data.size());
    return leveldb::Status::OK();
  }

  leveldb::Status Flush() override {
    // LevelDB flushes each fragment of a record. The sync follows, so only a
    // buffer that has grown large is worth a system call before it.
    return buffer_.size() < buffer_bytes_max ? leveldb::Status::OK()
                                             : write_out();
  }

  leveldb::Status Sync() override {
    if (auto done = write_out(); !done.ok())
      return done;
    return ::fdatasync(fd_) == 0 ? leveldb::Status::OK()
                                 : failure(name_, errno);
  }

  leveldb::Status Close() override {
    auto done = write_out();
    if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0 && done.ok())
      done = failure(name_, errno);
    if (::close(std::exchange(fd_, -1)) != 0 && done.ok())
      done = failure(name_, errno);
    return done;
  }

private:
  leveldb::Status write_out() {
    auto end = end_ + buffer_.size();
    if (end > reserved_) {
      if (auto done = write_at(end, zeros_); !done.ok())
        return done;
      reserved_ = end + zeros_.size();
    }
    auto done = write_at(end_, buffer_);
    end_ = end;
    buffer_.clear();
    return done;
  }

  leveldb::Status write_at(size_t at, const std::string& data) {
    auto* from = data.data();
    for (auto left = data.size(); left > 0;) {
      auto n = ::pwrite(fd_, from, left, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return failure(name_, errno);
      from += n;
      at += static_cast<size_t>(n);
      left -= static_cast<size_t>(n);
    }
    return leveldb::Status::OK();
  }

  static constexpr size_t buffer_bytes_max = 1024 * 1024;

  const std::string name_;
  int fd_;
  const std::string zeros_;
  std::string buffer_;
  /// Where the next byte goes, and up to where the file is allocated.
  size_t end_ = 0;
  size_t reserved_ = 0;
};

leveldb::Status sync_directory_of(const std::string& name) {
  auto directory = name.substr(0, name.rfind('/'));
  auto fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return failure(directory, errno);
  auto done = ::fsync(fd) == 0 ? leveldb::Status::OK()
                               : failure(directory, errno);
  ::close(fd);
  return done;
}

} // namespace

log_env::log_env(size_t extent_bytes)
  : EnvWrapper(leveldb::Env::Default()), extent_bytes_(extent_bytes) {
  assert(extent_bytes >= 4096);
}

leveldb::Status log_env::NewWritableFile(const std::string& name,
                                         leveldb::WritableFile** result) {
  *result = nullptr;
  if (!name.ends_with(".log"))
    return target()->NewWritableFile(name, result);
  auto fd = ::open(name.c_str(), O_TRUNC | O_WRONLY | O_CREAT | O_CLOEXEC,
                   0644);
  if (fd < 0)
    return failure(name, errno);
  auto file = std::make_unique<extent_file>(name, fd, extent_bytes_);
  if (auto done = sync_directory_of(name); !done.ok())
    return done;
  *result = file.release();
  return leveldb::Status::OK();
}

} // namespace muster
