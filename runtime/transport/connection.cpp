// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/connection.hpp"

#include "runtime/transport/hello.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <cassert>
#include <sstream>

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr size_t record_bytes = size_t{16} << 10;

/// How much is read at once before and after the hello.
constexpr size_t received_bytes_first = size_t{8} << 10;
constexpr size_t received_bytes_open = size_t{128} << 10;

/// So many batches are written before other connections have their turn.
constexpr int rounds_max = 4;

/// A larger buffer is given back once it is empty.
constexpr size_t kept_capacity_max = size_t{1} << 20;

void empty(std::string& buffer) {
  if (buffer.capacity() > kept_capacity_max)
    std::string{}.swap(buffer);
  else
    buffer.clear();
}

/// While it lives, connections that have something to send because of what was
/// received on this thread are collected; then they send, before anything is
/// read again: an answer given at once costs no turn of the event loop.
class flush_scope {
public:
  explicit flush_scope(hub& shared) : hub_(shared) {
    assert(hub::collecting == nullptr);
    hub::collecting = &hub_;
  }

  flush_scope(const flush_scope&) = delete;
  flush_scope& operator=(const flush_scope&) = delete;

  ~flush_scope() {
    hub::collecting = nullptr;
    assert(hub_.flushing.empty());
    hub_.flushing.swap(hub_.senders);
    for (auto& x : hub_.flushing)
      x->flush();
    hub_.flushing.clear();
  }

private:
  hub& hub_;
};

std::string text_of(const connection::socket_type& socket) {
  boost::system::error_code ignored;
  std::ostringstream out;
  out << socket.remote_endpoint(ignored);
  return out.str();
}

} // namespace

const char* to_string(close_cause x) {
  switch (x) {
    case close_cause::stopped:
      return "stopped";
    case close_cause::lost:
      return "lost";
    case close_cause::tls_failed:
      return "tls_failed";
    case close_cause::malformed:
      return "malformed";
    case close_cause::handshake_timed_out:
      return "handshake_timed_out";
    case close_cause::io_timed_out:
      return "io_timed_out";
    case close_cause::refused:
      return "refused";
    case close_cause::superseded:
      return "superseded";
    case close_cause::removed:
      return "removed";
  }
  return "invalid";
}

connection::connection(std::shared_ptr<hub> shared, socket_type socket,
                       tls_role role, std::weak_ptr<connection_handler> handler)
  : hub_(std::move(shared)), socket_(std::move(socket)), timer_(hub_->io),
    handler_(std::move(handler)), role_(role), remote_(text_of(socket_)),
    decoder_(hello_bytes_max), received_(received_bytes_first) {
  // nop
}

void connection::start() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  arm_deadline();
  if (hub_->options.insecure) {
    secure();
  } else {
    tls_.emplace(hub_->tls, role_);
    if (role_ == tls_role::dialler)
      tls_->handshake();
  }
  flush();
  if (!closed_)
    read();
}

void connection::opened() {
  assert(secured_ && !open_);
  open_ = true;
  decoder_.limit(frame_payload_bytes_max);
  arm_tick();
}

void connection::queue(frame_type type, std::string_view payload) {
  assert(secured_);
  append_frame(type, payload, control_);
}

void connection::flush() {
  for (int round = 0; round < rounds_max; ++round) {
    if (writing_ || closed_)
      return;
    gather();
    if (out_.empty() || !write_now())
      return;
  }
  asio::post(hub_->io, [self = shared_from_this()] { self->flush(); });
}

void connection::close(close_cause why, const std::string& detail) {
  if (closed_)
    return;
  open_ = false; // no more batches
  error_code ignored;
  if (!writing_) {
    gather();
    socket_.write_some(asio::buffer(out_), ignored);
  }
  closed_ = true;
  timer_.cancel();
  socket_.close(ignored);
  if (auto handler = handler_.lock())
    handler->on_closed(why, detail);
}

void connection::close_malformed(transport_probe::counter& kind,
                                 const std::string& detail) {
  if (closed_)
    return;
  transport_probe::add(kind);
  transport_probe::add(hub_->probe.malformed);
  hub_->gate.note(severity::warning, "bytes_refused",
                  "from=" + remote_ + " why=" + detail);
  close(close_cause::malformed, detail);
}

// -- receiving ----------------------------------------------------------------

void connection::secure() {
  secured_ = true;
  if (tls_)
    peer_name_ = tls_->peer_name();
  if (auto handler = handler_.lock())
    handler->on_secured();
}

void connection::read() {
  if (open_ && received_.size() != received_bytes_open)
    received_.resize(received_bytes_open);
  socket_.async_read_some(asio::buffer(received_),
                          [self = shared_from_this()](const error_code& failure,
                                                      size_t bytes) {
                            self->on_read(failure, bytes);
                          });
}

void connection::on_read(const error_code& failure, size_t bytes) {
  if (closed_)
    return;
  if (failure) {
    if (decoder_.in_frame())
      transport_probe::add(hub_->probe.half_frames);
    close(close_cause::lost, failure.message());
    return;
  }
  heard_ = true;
  transport_probe::add(hub_->probe.bytes_received, bytes);
  {
    flush_scope answers{*hub_};
    consume(bytes);
  }
  flush();
  if (!closed_)
    read();
}

void connection::consume(size_t bytes) {
  if (tls_)
    consume_tls(bytes);
  else
    consume_plain(bytes);
}

void connection::consume_plain(size_t bytes) {
  auto room = decoder_.room(bytes);
  std::copy_n(received_.data(), bytes, room.data());
  decoder_.commit(bytes);
  dispatch();
}

void connection::consume_tls(size_t bytes) {
  tls_->feed({received_.data(), bytes});
  if (!tls_->ready()) {
    tls_->handshake();
    if (tls_->ready())
      secure();
  }
  while (tls_->ready() && !closed_) {
    auto n = tls_->read(decoder_.room(record_bytes));
    if (n == 0)
      break;
    decoder_.commit(n);
    dispatch();
    if (tls_->drained())
      break;
  }
  if (tls_->failed() && !closed_) {
    transport_probe::add(hub_->probe.tls_failures);
    hub_->gate.note(severity::warning, "tls_failed",
                    "with=" + remote_ + " why=\"" + tls_->failure() + "\"");
    close(close_cause::tls_failed, tls_->failure());
  }
}

void connection::dispatch() {
  frame x;
  while (!closed_) {
    auto step = decoder_.next(x);
    if (step == frame_decoder::step::need_more)
      return;
    if (step == frame_decoder::step::refused)
      return refuse_frame();
    if (auto handler = handler_.lock())
      handler->on_frame(x);
    else
      close(close_cause::stopped);
  }
}

void connection::refuse_frame() {
  auto& probe = hub_->probe;
  auto why = decoder_.error();
  auto& kind = why == frame_error::oversize       ? probe.oversize_frames
               : why == frame_error::bad_checksum ? probe.bad_checksums
                                                  : probe.unknown_frames;
  close_malformed(kind, to_string(why));
}

// -- sending ------------------------------------------------------------------

void connection::gather() {
  assert(!writing_);
  if (!control_.empty()) {
    encrypt(control_);
    control_.clear();
  }
  if (open_)
    if (auto handler = handler_.lock(); handler && handler->next_batch(batch_))
      encrypt(batch_);
  if (tls_)
    out_.swap(tls_->output()); // what write_now left is empty
}

void connection::encrypt(std::string_view plain) {
  if (tls_)
    tls_->write(plain);
  else
    out_.append(plain);
}

bool connection::write_now() {
  error_code failure;
  auto n = socket_.write_some(asio::buffer(out_), failure);
  transport_probe::add(hub_->probe.bytes_sent, n);
  if (failure && failure != asio::error::would_block) {
    close(close_cause::lost, failure.message());
    return false;
  }
  if (n < out_.size()) {
    write_rest(n);
    return false;
  }
  empty(out_);
  return true;
}

void connection::write_rest(size_t written) {
  writing_ = true;
  asio::async_write(socket_, asio::buffer(out_) + written,
                    [self = shared_from_this()](const error_code& failure,
                                                size_t bytes) {
                      self->writing_ = false;
                      transport_probe::add(self->hub_->probe.bytes_sent, bytes);
                      empty(self->out_);
                      if (failure)
                        self->close(close_cause::lost, failure.message());
                      else
                        self->flush();
                    });
}

// -- time ---------------------------------------------------------------------

void connection::arm_deadline() {
  timer_.expires_after(hub_->options.handshake_deadline);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (failure || self->open_ || self->closed_)
      return;
    transport_probe::add(self->hub_->probe.handshake_timeouts);
    self->close(close_cause::handshake_timed_out, "no hello in time");
  });
}

void connection::arm_tick() {
  timer_.expires_after(hub_->options.ping_interval);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (!failure && !self->closed_)
      self->on_tick();
  });
}

void connection::on_tick() {
  const auto& options = hub_->options;
  silence_ += options.ping_interval;
  if (std::exchange(heard_, false))
    silence_ = std::chrono::milliseconds{0};
  if (silence_ >= options.io_deadline) {
    transport_probe::add(hub_->probe.io_timeouts);
    return close(close_cause::io_timed_out, "no byte in time");
  }
  if (silence_.count() > 0)
    if (auto handler = handler_.lock())
      handler->on_silence();
  if (!closed_)
    arm_tick();
}

} // namespace muster
