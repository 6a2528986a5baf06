// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/http_client.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

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

/// A certificate authority, and what it signed for `127.0.0.1`, as server and
/// as client; made by the openssl program.
class test_certificates {
public:
  /// @param subject  such as `/CN=m1`
  explicit test_certificates(const std::string& subject);

  /// What a client of the authority uses.
  http_identity identity() const;

  std::string file(const std::string& name) const {
    return (directory_.path() / name).string();
  }

private:
  temporary_directory directory_;
};

/// One etcd member, a child process on loopback ports of its own, that ends
/// with this object, or with the test process.
class etcd_process {
public:
  /// False: etcd is not installed here.
  static bool is_installed();

  /// Starts it and waits until it answers.
  /// @param certificates  if any, it speaks TLS and asks for a client's
  explicit etcd_process(const test_certificates* certificates = nullptr);
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
  std::vector<std::string> arguments() const;
  bool answers_soon();
  std::string post(const std::string& path, const std::string& body);

  const test_certificates* certificates_;
  temporary_directory directory_;
  uint16_t client_port_ = 0;
  uint16_t peer_port_ = 0;
  pid_t pid_ = 0;
};

} // namespace muster::test
