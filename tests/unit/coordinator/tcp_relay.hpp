// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace muster::test {

/// A port of 127.0.0.1 between a client and a server, which can lose what goes
/// through it. Its threads end with it.
class tcp_relay {
public:
  enum class mode {
    forward,
    /// Requests reach nobody, connections stay open.
    swallow,
    /// The next answer does not come back: the connection is closed instead.
    /// Then as `forward`.
    cut_one_answer,
  };

  explicit tcp_relay(uint16_t server_port);
  tcp_relay(const tcp_relay&) = delete;
  tcp_relay& operator=(const tcp_relay&) = delete;
  ~tcp_relay();

  std::string endpoint() const {
    return "http://127.0.0.1:" + std::to_string(port_);
  }

  void set(mode x) {
    mode_ = x;
  }

private:
  void accept_all();
  void carry(int client);

  uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<mode> mode_{mode::forward};
  std::atomic<bool> is_stopping_{false};
  std::list<std::thread> carriers_;
  std::thread acceptor_;
};

} // namespace muster::test
