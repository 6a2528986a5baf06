// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/store_env.hpp"

#include "runtime/store/durable_file.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace muster {

namespace {

constexpr char no_room[] = "the disk is full: ";

leveldb::Status failure(const std::string& name, int code) {
  return leveldb::Status::IOError(name, std::strerror(code));
}

leveldb::Status write_failure(const std::string& name, int code) {
  auto text = std::string{waiting_room::lacks_room(code) ? no_room : ""};
  return leveldb::Status::IOError(name, text + std::strerror(code));
}

/// See `store_env`. Buffers like LevelDB's own, until `Flush`.
class extent_file : public leveldb::WritableFile {
public:
  extent_file(std::string name, int fd, size_t extent_bytes, waiting_room& room)
    : name_(std::move(name)), fd_(fd), zeros_(extent_bytes, '\0'), room_(room) {
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
      auto n = room_.repeat(
        [&] { return ::pwrite(fd_, from, left, static_cast<off_t>(at)); });
      if (n < 0)
        return write_failure(name_, errno);
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
  waiting_room& room_;
  std::string buffer_;
  /// Where the next byte goes, and up to where the file is allocated.
  size_t end_ = 0;
  size_t reserved_ = 0;
};

leveldb::Status sync_directory_of(const std::string& name) {
  auto directory = name.substr(0, name.rfind('/'));
  auto done = sync_directory(directory);
  return done ? leveldb::Status::OK()
              : leveldb::Status::IOError(done.failure().message);
}

} // namespace

store_env::store_env(size_t log_extent_bytes)
  : EnvWrapper(leveldb::Env::Default()), log_extent_bytes_(log_extent_bytes) {
  assert(log_extent_bytes == 0 || log_extent_bytes >= 4096);
}

leveldb::Status store_env::NewWritableFile(const std::string& name,
                                           leveldb::WritableFile** result) {
  *result = nullptr;
  auto fd = room.repeat([&name] {
    return ::open(name.c_str(), O_TRUNC | O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  });
  if (fd < 0)
    return write_failure(name, errno);
  auto extent_bytes = name.ends_with(".log") ? log_extent_bytes_ : 0;
  auto file = std::make_unique<extent_file>(name, fd, extent_bytes, room);
  if (auto done = sync_directory_of(name); !done.ok())
    return done;
  *result = file.release();
  return leveldb::Status::OK();
}

bool store_env::lacked_room(const leveldb::Status& x) {
  return x.ToString().find(no_room) != std::string::npos;
}

} // namespace muster
