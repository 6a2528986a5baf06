// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/outbox/outbox.hpp"
#include "runtime/ports/transport.hpp"
#include "runtime/transport/connection.hpp"
#include "runtime/transport/hello.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace muster {

/// Keeps one dialled connection, of one lane to one peer, and sends on it.
///
///          dial                        TLS, hello
///   idle --------> resolve, connect --------------> open
///    ^   back-off      |                              |
///    +-----------------+------------------------------+ lost
///
/// Invariants: (1) the outbox is open exactly while the state is open, so that
/// nothing is sent on two connections; (2) each `on_connected` is followed by
/// one `on_disconnected`; (3) what was sent is beyond the credit by less than
/// one frame.
///
/// Kept by a shared pointer. `send` is thread-safe, the rest belongs to the io
/// thread.
class dialer : public connection_handler,
               public std::enable_shared_from_this<dialer> {
public:
  dialer(std::shared_ptr<hub> shared, peer_address to, lane on);

  /// Thread-safe.
  send_result send(uint16_t tag, std::string_view payload);

  /// Dials, and dials again whenever the connection is lost.
  void start();

  /// Closes for good.
  void stop(close_cause why);

  /// The peer's record changed. A connection to an older incarnation, or to
  /// another address, is closed and dialled again.
  void retarget(const peer_address& to);

  /// The peer was heard of: a pause is cut short, and a connection to an older
  /// incarnation is closed.
  void on_peer_alive(const peer& who);

  void on_secured() override;
  void on_frame(const frame& x) override;
  bool next_batch(std::string& x) override;
  void on_silence() override;
  void on_closed(close_cause why, const std::string& detail) override;

private:
  using tcp = boost::asio::ip::tcp;
  using error_code = boost::system::error_code;
  using clock = std::chrono::steady_clock;

  void wake();
  void dial();
  void resolve(uint64_t attempt);
  void connect(uint64_t attempt, std::vector<tcp::endpoint> endpoints);
  void give_up_connecting();
  void on_connected(tcp::socket socket);
  void fail(const std::string& why);
  void redial_later();
  void redial_at(clock::time_point when);
  void welcome(const frame& x);
  void on_refusal(const frame& x);
  void on_credit(const frame& x);
  void open(const hello& x);
  std::string label() const;

  const std::shared_ptr<hub> hub_;
  peer_address to_;
  const lane on_;
  outbox outbox_;
  tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<tcp::socket> connecting_;
  std::shared_ptr<connection> connection_;
  std::minstd_rand jitter_;
  clock::time_point dialled_at_;
  std::chrono::milliseconds backoff_;
  /// Results of earlier attempts are ignored.
  uint64_t attempt_ = 0;
  /// The incarnation that is connected; nothing = not open.
  std::optional<incarnation> connected_;
  uint64_t granted_bytes_ = 0;
  uint64_t sent_bytes_ = 0;
  bool waiting_ = false;
  bool noted_ = false;
  bool stopped_ = false;
};

} // namespace muster
