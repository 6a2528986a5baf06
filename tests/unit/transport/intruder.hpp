// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/frame.hpp"
#include "runtime/transport/hello.hpp"
#include "runtime/transport/tls_session.hpp"
#include "tests/unit/transport/fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace muster::test {

/// A blocking client that speaks the protocol as well or as badly as a test
/// wants, with the certificate of m2.
class intruder {
public:
  explicit intruder(const node& victim) {
    socket_.connect(
      {boost::asio::ip::address_v4::loopback(), victim.address().port});
    timeval limit{20, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit,
               sizeof limit);
  }

  /// Bytes as they are, without TLS.
  void send_raw(const std::string& bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
  }

  /// True if the victim closes; answers are thrown away.
  bool is_closed() {
    char bytes[4096];
    boost::system::error_code end;
    while (!end)
      socket_.read_some(boost::asio::buffer(bytes), end);
    return end != boost::asio::error::would_block
           && end != boost::asio::error::try_again;
  }

  void secure() {
    tls_.emplace(*context_, tls_role::dialler);
    tls_->handshake();
    while (!tls_->ready() && !tls_->failed()) {
      flush();
      receive();
      tls_->handshake();
    }
    REQUIRE(tls_->ready());
    flush();
  }

  /// Bytes inside TLS.
  void send(const std::string& plain) {
    tls_->write(plain);
    flush();
  }

  void send(frame_type type, const std::string& payload) {
    std::string bytes;
    append_frame(type, payload, bytes);
    send(bytes);
  }

  /// The next frame, copied.
  std::pair<frame_type, std::string> next() {
    frame x;
    while (decoder_.next(x) != frame_decoder::step::frame) {
      auto room = decoder_.room(16384);
      auto n = tls_->read(room);
      decoder_.commit(n);
      if (n == 0)
        receive();
    }
    return {x.type, std::string{x.payload}};
  }

  static hello good_hello(uint64_t number = 1, uint64_t run = 1) {
    hello x;
    x.from = {machine_id{"m2"}, incarnation{run}};
    x.number = number;
    x.cluster_id = "test";
    return x;
  }

  /// TLS, hello and the welcome, which is returned.
  hello enter(const hello& x = good_hello()) {
    secure();
    send(frame_type::hello, encode(x));
    auto [type, payload] = next();
    REQUIRE(type == frame_type::hello);
    return decode_hello(payload).value();
  }

private:
  void flush() {
    send_raw(tls_->output());
    tls_->output().clear();
  }

  void receive() {
    boost::system::error_code end;
    auto n = socket_.read_some(boost::asio::buffer(received_), end);
    REQUIRE_FALSE(end);
    tls_->feed({received_, n});
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  result<tls_context> context_
    = tls_context::load(certificates::trusted().of("m2"));
  std::optional<tls_session> tls_;
  frame_decoder decoder_{frame_payload_bytes_max};
  char received_[16384];
};

} // namespace muster::test
