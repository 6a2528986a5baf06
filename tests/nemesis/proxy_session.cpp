// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/proxy_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace muster::nemesis {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Tells the other end by RST, at once, whatever is in flight.
void reset(proxy_session::tcp::socket& x) {
  error_code ignored;
  x.set_option(asio::socket_base::linger{true, 0}, ignored);
  x.close(ignored);
}

} // namespace

proxy_session::proxy_session(tcp::socket dialled_by, counters& count)
  : near_(std::move(dialled_by)), far_(near_.get_executor()), count_(count) {
  there_.from = &near_;
  there_.to = &far_;
  back_.from = &far_;
  back_.to = &near_;
}

void proxy_session::start(const tcp::endpoint& to, link_faults faults) {
  set_faults(faults);
  if (closed_)
    return; // else connecting would open it again
  far_.async_connect(to, [self = shared_from_this()](const error_code& failed) {
    if (self->closed_)
      return;
    if (failed)
      return self->close();
    error_code ignored;
    self->near_.set_option(tcp::no_delay{true}, ignored);
    self->far_.set_option(tcp::no_delay{true}, ignored);
    self->connected_ = true;
    self->read(self->there_);
    self->read(self->back_);
  });
}

void proxy_session::set_faults(link_faults x) {
  if (closed_)
    return;
  if (x.cut) {
    ++count_.resets;
    return close();
  }
  set_stalled(there_, x.stall_there);
  set_stalled(back_, x.stall_back);
}

void proxy_session::close() {
  closed_ = true;
  reset(near_);
  reset(far_);
}

void proxy_session::set_stalled(pump& x, bool stalled) {
  x.stalled = stalled;
  if (stalled || !connected_)
    return;
  if (x.held_bytes > 0)
    write(x, std::exchange(x.held_bytes, 0));
  else if (x.idle)
    read(x);
}

void proxy_session::read(pump& x) {
  x.idle = x.stalled;
  if (x.stalled) {
    // What arrives stays in the system's buffer; it counts as held back.
    x.from->async_wait(tcp::socket::wait_read,
                       [self = shared_from_this(), &x](const error_code& e) {
                         if (!e && !self->closed_ && x.stalled)
                           ++self->count_.stalled_chunks;
                       });
    return;
  }
  x.from->async_read_some(asio::buffer(x.chunk),
                          [self = shared_from_this(),
                           &x](const error_code& failed, size_t bytes) {
                            if (self->closed_)
                              return;
                            if (failed)
                              return self->close();
                            if (!x.stalled)
                              return self->write(x, bytes);
                            // It was on its way when the stall began, so it
                            // waits here.
                            x.held_bytes = bytes;
                            ++self->count_.stalled_chunks;
                          });
}

void proxy_session::write(pump& x, size_t bytes) {
  asio::async_write(*x.to, asio::buffer(x.chunk.data(), bytes),
                    [self = shared_from_this(), &x](const error_code& failed,
                                                    size_t) {
                      if (self->closed_)
                        return;
                      if (failed)
                        return self->close();
                      self->read(x);
                    });
}

} // namespace muster::nemesis
