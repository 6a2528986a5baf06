// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace muster::test {

/// A directory that is removed with this object.
class temporary_directory {
public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  std::filesystem::path path_;
};

/// A port of 127.0.0.1 that nobody listens on now.
uint16_t free_port();

/// One etcd member, a child process on loopback ports of its own, that ends
/// with this object, or with the test process.
class etcd_process {
public:
  /// False: etcd is not installed here.
  static bool is_installed();

  /// Starts it and waits until it answers.
  etcd_process();
  etcd_process(const etcd_process&) = delete;
  etcd_process& operator=(const etcd_process&) = delete;
  ~etcd_process();

  /// Such as `http://127.0.0.1:40001`.
  std::string endpoint() const;

  uint16_t port() const {
    return client_port_;
  }

  /// kill -9; keeps ports and data.
  void kill();

  /// Starts it again after `kill` and waits until it answers.
  void start();

  /// Makes user `root` with this password and asks for it from now on.
  void require_password(const std::string& password);

private:
  void launch();
  bool answers_soon();
  std::string post(const std::string& path, const std::string& body);

  temporary_directory directory_;
  uint16_t client_port_ = 0;
  uint16_t peer_port_ = 0;
  pid_t pid_ = 0;
};

} // namespace muster::test
