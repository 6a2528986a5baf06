// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/link_faults.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstdint>
#include <memory>

namespace muster::nemesis {

/// One connection through a proxy: a byte from one end goes to the other, one
/// chunk in flight for each direction, so that the ends feel each other's
/// back-pressure. The end of one direction ends both.
///
/// Kept by a shared pointer of its proxy until it is closed; its handlers hold
/// another.
/// Not thread-safe; belongs to the thread of its io_context.
class proxy_session : public std::enable_shared_from_this<proxy_session> {
public:
  using tcp = boost::asio::ip::tcp;

  /// How often a fault did something to somebody's bytes.
  struct counters {
    uint64_t resets = 0;
    uint64_t stalled_chunks = 0;
  };

  /// @param dialled_by  connected to the machine that dials
  /// @param count       outlives the session
  proxy_session(tcp::socket dialled_by, counters& count);

  /// Connects with `to`, then passes bytes on as `faults` allow.
  void start(const tcp::endpoint& to, link_faults faults);

  /// A chunk that waits goes on if it may.
  void set_faults(link_faults x);

  /// Resets both ends.
  void close();

  bool closed() const {
    return closed_;
  }

private:
  /// One direction.
  struct pump {
    tcp::socket* from = nullptr;
    tcp::socket* to = nullptr;
    bool stalled = false;
    /// A chunk of so many bytes was read and waits.
    size_t held_bytes = 0;
    /// Nobody reads: the next read waits as well.
    bool idle = true;
    std::array<char, 64 * 1024> chunk;
  };

  void set_stalled(pump& x, bool stalled);
  void read(pump& x);
  void write(pump& x, size_t bytes);

  tcp::socket near_;
  tcp::socket far_;
  counters& count_;
  link_faults faults_;
  pump there_;
  pump back_;
  bool connected_ = false;
  bool closed_ = false;
};

} // namespace muster::nemesis
