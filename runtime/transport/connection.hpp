// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/frame.hpp"
#include "runtime/transport/hub.hpp"
#include "runtime/transport/tls_session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Why a connection is closed.
enum class close_cause : uint8_t {
  stopped,
  /// End of stream or an error of the socket.
  lost,
  tls_failed,
  malformed,
  handshake_timed_out,
  io_timed_out,
  refused,
  superseded,
  /// The peer is not registered any more, or its incarnation changed.
  removed,
};

const char* to_string(close_cause x);

/// What a connection tells its owner, on the io thread.
class connection_handler {
public:
  virtual ~connection_handler() = default;

  /// The TLS handshake is done; time for the hello.
  virtual void on_secured() = 0;

  /// May close the connection.
  virtual void on_frame(const frame& x) = 0;

  /// Puts the next sealed batch frame into `x`, or returns false. Asked when
  /// nothing is being written; if it returns false, the owner calls `flush`
  /// when it has one.
  virtual bool next_batch(std::string& x) = 0;

  /// No byte came for one ping interval.
  virtual void on_silence() = 0;

  /// The last call.
  virtual void on_closed(close_cause why, const std::string& detail) = 0;
};

/// A connected socket with TLS and frames on it; knows nothing of peers.
///
///            start                  on_secured        opened
///   (made) --------> TLS handshake ------------> hello -------> open
///                       |                          |             |
///                       +---- handshake deadline --+             +- io
///                       deadline
///                                    v                           v
///                                 closed  <----------------------+
///
/// Owned by its handler, which it knows weakly; pending operations keep it
/// alive. Writing is direct as long as the socket takes it all; what is queued
/// while it does not leaves in one write afterwards. Reading never waits.
/// Not thread-safe: io thread only.
class connection : public std::enable_shared_from_this<connection> {
public:
  using socket_type = boost::asio::ip::tcp::socket;

  connection(std::shared_ptr<hub> shared, socket_type socket, tls_role role,
             std::weak_ptr<connection_handler> handler);

  /// Begins the handshake, which must be over, hellos included, within
  /// `handshake_deadline`.
  void start();

  /// The peer's hello was good: longer frames and batches from now on.
  void opened();

  /// Appends a frame that is not a batch; `flush` sends it.
  void queue(frame_type type, std::string_view payload);

  /// Writes what is queued and what `next_batch` gives, unless a write is
  /// going on, which then does it at its end.
  void flush();

  /// Tries once to write what is queued, closes, and tells the handler.
  /// Idempotent.
  void close(close_cause why, const std::string& detail = {});

  /// Counts and notes that the bytes received are wrong, then closes.
  void close_malformed(transport_probe::counter& kind,
                       const std::string& detail);

  bool closed() const {
    return closed_;
  }

  /// The name in the peer's certificate; nothing without TLS.
  const std::optional<std::string>& peer_name() const {
    return peer_name_;
  }

  /// The other end's address, for events.
  const std::string& remote() const {
    return remote_;
  }

private:
  using error_code = boost::system::error_code;

  void secure();
  void read();
  void on_read(const error_code& failure, size_t bytes);
  void consume(size_t bytes);
  void consume_plain(size_t bytes);
  void consume_tls(size_t bytes);
  void dispatch();
  void refuse_frame();
  void gather();
  void encrypt(std::string_view plain);
  bool write_now();
  void write_rest(size_t written);
  void arm_deadline();
  void arm_tick();
  void on_tick();

  const std::shared_ptr<hub> hub_;
  socket_type socket_;
  boost::asio::steady_timer timer_;
  const std::weak_ptr<connection_handler> handler_;
  std::optional<tls_session> tls_;
  const tls_role role_;
  std::optional<std::string> peer_name_;
  std::string remote_;
  frame_decoder decoder_;
  std::vector<char> received_;
  std::string control_;
  std::string batch_;
  std::string out_;
  std::chrono::milliseconds silence_{0};
  bool heard_ = false;
  bool secured_ = false;
  bool open_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

} // namespace muster
