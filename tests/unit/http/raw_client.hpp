// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace muster::testing {

/// A socket that speaks whatever bytes a test wants.
class raw_client {
public:
  explicit raw_client(uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to))
            == 0);
  }

  ~raw_client() {
    ::close(socket_);
  }

  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(const std::string& bytes) {
    ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Whether something can be read now.
  bool has_answer() const {
    pollfd what{socket_, POLLIN, 0};
    return ::poll(&what, 1, 0) > 0;
  }

  /// Reads until `text` was seen or the other side closes; returns all.
  std::string read_until(const std::string& text) {
    while (seen_.find(text) == std::string::npos && read_some())
      ;
    return seen_;
  }

  std::string read_to_end() {
    while (read_some())
      ;
    return seen_;
  }

  /// One answer with a Content-Length; forgets it.
  std::string exchange(const std::string& request) {
    send(request);
    read_until("\r\n\r\n");
    auto head = seen_.find("\r\n\r\n");
    auto field = seen_.find("Content-Length: ");
    REQUIRE(field < head);
    auto size = head + 4 + std::stoul(seen_.substr(field + 16));
    while (seen_.size() < size && read_some())
      ;
    auto answer = seen_.substr(0, size);
    seen_.erase(0, size);
    return answer;
  }

private:
  bool read_some() {
    char buffer[4096];
    auto n = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (n > 0)
      seen_.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }

  int socket_;
  std::string seen_;
};

} // namespace muster::testing
