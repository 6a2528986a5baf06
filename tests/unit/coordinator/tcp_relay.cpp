// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/coordinator/tcp_relay.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::test {

namespace {

/// How often the threads look whether they are to stop.
constexpr int poll_milliseconds = 20;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_port = htons(port);
  x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return x;
}

sockaddr* generic(sockaddr_in& x) {
  return reinterpret_cast<sockaddr*>(&x);
}

void send_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0)
      return;
    data += n;
    size -= static_cast<size_t>(n);
  }
}

} // namespace

tcp_relay::tcp_relay(uint16_t server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener_, generic(address), size) != 0 || listen(listener_, 64) != 0
      || getsockname(listener_, generic(address), &size) != 0)
    throw std::runtime_error("the relay cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

tcp_relay::~tcp_relay() {
  is_stopping_ = true;
  acceptor_.join();
  for (auto& x : carriers_)
    x.join();
  close(listener_);
}

void tcp_relay::accept_all() {
  while (!is_stopping_) {
    pollfd x{listener_, POLLIN, 0};
    if (poll(&x, 1, poll_milliseconds) > 0) {
      auto client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      carriers_.emplace_back([this, client] { carry(client); });
    }
  }
}

void tcp_relay::carry(int client) {
  auto server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(server_port_);
  auto is_open = connect(server, generic(address), sizeof(address)) == 0;
  std::array<char, 65536> buffer{};
  while (is_open && !is_stopping_) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0},
                               pollfd{server, POLLIN, 0}};
    if (poll(both.data(), both.size(), poll_milliseconds) <= 0)
      continue;
    for (size_t i = 0; i < both.size() && is_open; ++i) {
      if (both[i].revents == 0)
        continue;
      auto n = recv(both[i].fd, buffer.data(), buffer.size(), 0);
      auto what = mode_.load();
      auto is_cut = i == 1 && what == mode::cut_one_answer;
      if (is_cut)
        mode_ = mode::forward;
      is_open = n > 0 && !is_cut;
      if (is_open && what != mode::swallow)
        send_all(both[1 - i].fd, buffer.data(), static_cast<size_t>(n));
    }
  }
  close(server);
  close(client);
}

} // namespace muster::test
