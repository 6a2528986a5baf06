// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/ports.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster::launch {

namespace {

/// Below Linux's range for outgoing connections, which begins at 32768.
constexpr uint16_t range_begin = 20'000;
constexpr uint16_t range_end = 32'000;

} // namespace

bool port_is_free(uint16_t port) {
  auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0)
    return false;
  // As servers do: a port of which old connections linger is free.
  int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto bound = ::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof(at));
  auto listening = bound == 0 ? ::listen(socket, 1) : -1;
  ::close(socket);
  return listening == 0;
}

bool is_reserved(uint16_t port) {
  return port == 2379 || port == 2380;
}

result<std::vector<uint16_t>> choose_ports(size_t count) {
  // Two clusters that start together should not look at the same ports.
  auto seed = static_cast<uint64_t>(
                std::chrono::steady_clock::now().time_since_epoch().count())
                / 1000 * 7919
              + static_cast<uint64_t>(::getpid()) * 104'729;
  auto first = static_cast<uint16_t>(range_begin
                                     + seed % (range_end - range_begin - 2000));
  std::vector<uint16_t> out;
  for (auto port = first; port < range_end && out.size() < count; ++port)
    if (port_is_free(port))
      out.push_back(port);
  if (out.size() < count)
    return error{errc::in_use, "there are no " + std::to_string(count)
                                 + " free ports between "
                                 + std::to_string(first) + " and "
                                 + std::to_string(range_end)};
  return out;
}

result<std::vector<uint16_t>> ports_from(uint16_t base, size_t count) {
  std::vector<uint16_t> out;
  for (size_t i = 0; i < count; ++i) {
    auto port = base + i;
    if (port > UINT16_MAX || is_reserved(static_cast<uint16_t>(port)))
      return error{errc::invalid_argument,
                   "the ports " + std::to_string(base) + " to "
                     + std::to_string(base + count - 1)
                     + " go beyond 65535 or contain 2379 or 2380, etcd's own"};
    out.push_back(static_cast<uint16_t>(port));
  }
  return out;
}

} // namespace muster::launch
