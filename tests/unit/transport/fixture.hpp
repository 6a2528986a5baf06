// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/pki/pki.hpp"
#include "runtime/transport/tls_transport.hpp"
#include "tests/eventually.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace muster::test {

using namespace std::chrono_literals;

using muster::testing::eventually;

/// Long enough for a slow machine under a sanitizer; only a failing test waits
/// for it.
inline constexpr auto patience = 20s;

/// A folder with a CA and the certificates of m1, m2 and m3; made once.
class certificates {
public:
  explicit certificates(const std::string& name);
  ~certificates();

  /// The files of machine `id`.
  tls_files of(const std::string& id) const;

  /// The CA that the machines of most tests trust.
  static const certificates& trusted();

  /// Another CA that issued certificates for the same ids.
  static const certificates& other();

private:
  std::filesystem::path folder_;
};

/// Writes down what the transport tells.
class recorder : public transport_listener, public event_sink {
public:
  void on_packet(const peer& from, lane on, packet x) override;
  void on_connected(const peer& to, lane on) override;
  void on_disconnected(const peer& to, lane on) override;
  void note(severity level, std::string_view what, std::string detail) override;
  bool wants(severity) const override;

  /// Waits until `line` was written.
  bool saw(const std::string& line);

  /// Waits until so many packets came.
  bool got(size_t packets);

  /// `+m2/1 data`, `-m2/1 data` for connections.
  std::vector<std::string> lines();
  std::vector<std::string> events();

  /// `m1/1 data 7 text` for packets.
  std::vector<std::string> packets();

  /// Called for each packet on the transport's thread.
  std::function<void(const peer&, lane, packet&)> hook;

private:
  void write(std::string line);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::vector<std::string> packets_;
  std::vector<std::string> events_;
};

/// A machine that has nothing but a transport and its io thread.
class node {
public:
  using adjust = std::function<void(transport_options&)>;

  explicit node(const std::string& id, const adjust& change = {},
                uint64_t run = 1);
  ~node();

  /// How the others find it.
  peer_address address(std::optional<uint64_t> run = {}) const;

  send_result send(const std::string& to, const std::string& text,
                   lane on = lane::data);

  /// Both lanes to `other` are connected.
  bool connected_to(const node& other);

  tls_transport& transport() {
    return *transport_;
  }

  const transport_probe& probe() const {
    return transport_->probe();
  }

  recorder seen;

private:
  machine_id id_;
  uint64_t run_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_{io_.get_executor()};
  std::unique_ptr<tls_transport> transport_;
  std::thread thread_;
};

/// Options that make a test of deadlines short.
void impatient(transport_options& x);

/// Makes each of the two a registered peer of the other and waits until both
/// lanes are up both ways.
void join(node& a, node& b);

} // namespace muster::test
