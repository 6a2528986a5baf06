// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/connection.hpp"

#include "runtime/http/problem.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <optional>

// The only file that includes Beast, which compiles slowly. A connection is a
// chain of asynchronous steps; everything here runs on the io thread, except
// the responder, which comes back to it by a post.

namespace muster::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t drain_bytes_max = size_t{16} << 20;
constexpr std::chrono::seconds drain_timeout{1};
constexpr std::string_view stopping
  = R"({"code":"unavailable","message":"this machine stops"})";

method method_of(bhttp::verb x) {
  switch (x) {
    case bhttp::verb::get:
      return method::get;
    case bhttp::verb::put:
      return method::put;
    case bhttp::verb::post:
      return method::post;
    case bhttp::verb::delete_:
      return method::erase;
    default:
      return method::other;
  }
}

/// One client. Reads a request, has it answered, writes the answer, and again;
/// or writes events until an end. Owned by its pending steps.
class connection : public open_connection,
                   public std::enable_shared_from_this<connection> {
public:
  connection(tcp::socket socket, std::shared_ptr<shared_state> shared)
    : stream_(std::move(socket)), shared_(std::move(shared)) {
    shared_->open.insert(this);
    std::lock_guard guard{shared_->mutex};
    ++shared_->open_count;
  }

  ~connection() override {
    shared_->open.erase(this);
    std::lock_guard guard{shared_->mutex};
    --shared_->open_count;
    shared_->changed.notify_all();
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(shared_->config.header_bytes_max);
    parser_->body_limit(shared_->config.body_bytes_max);
    stream_.expires_after(shared_->config.header_timeout);
    busy_ = false;
    bhttp::async_read_header(stream_, buffer_, *parser_,
                             [self = shared_from_this()](
                               error_code ec, size_t) { self->on_header(ec); });
  }

  void end() override {
    keep_alive_ = false;
    if (events_) {
      // The machine goes before a slow watcher does.
      events_->handle.reset();
      events_->queue->cut(stopping);
    } else if (!busy_) {
      close();
    }
  }

private:
  void on_header(error_code ec) {
    busy_ = true;
    if (ec)
      return refuse(ec);
    stream_.expires_after(shared_->config.body_timeout);
    auto expects = parser_->get()[bhttp::field::expect];
    if (!beast::iequals(expects, "100-continue"))
      return read_body();
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(go_on),
                      [self = shared_from_this()](error_code failed, size_t) {
                        failed ? self->close() : self->read_body();
                      });
  }

  void read_body() {
    bhttp::async_read(stream_, buffer_, *parser_,
                      [self = shared_from_this()](error_code ec, size_t) {
                        ec ? self->refuse(ec) : self->serve();
                      });
  }

  /// What could not be read is answered where that makes sense.
  void refuse(error_code ec) {
    arrived_ = std::chrono::steady_clock::now();
    keep_alive_ = false;
    drain_ = true;
    if (ec == bhttp::error::body_limit)
      return write(problem(
        413, {errc::invalid_argument,
              "the body is larger than "
                + std::to_string(shared_->config.body_bytes_max) + " bytes"}));
    if (ec == bhttp::error::header_limit)
      return write(
        problem(431, {errc::invalid_argument,
                      "the header is larger than "
                        + std::to_string(shared_->config.header_bytes_max)
                        + " bytes"}));
    bool malformed
      = ec.category()
          == bhttp::make_error_code(bhttp::error::bad_method).category()
        && ec != bhttp::error::end_of_stream
        && ec != bhttp::error::partial_message;
    if (!malformed)
      return close();
    write(problem(400, {errc::invalid_argument,
                        "that is not HTTP/1.1: " + ec.message()}));
  }

  void serve() {
    arrived_ = std::chrono::steady_clock::now();
    if (shared_->stopped)
      return write(problem(error{errc::unavailable, "this machine stops"}));
    auto& message = parser_->get();
    request x;
    x.verb = method_of(message.method());
    x.target = std::string{message.target()};
    x.authorization = std::string{message[bhttp::field::authorization]};
    x.last_event_id = std::string{message["Last-Event-ID"]};
    x.idempotency_key = std::string{message["Idempotency-Key"]};
    x.body = std::move(message.body());
    x.arrived = arrived_;
    keep_alive_ = message.keep_alive() && !shared_->stopped;
    // From here the request's own deadline counts.
    stream_.expires_never();
    auto executor = stream_.get_executor();
    shared_->routes.handle(std::move(x), [self = shared_from_this(),
                                          executor](response y) {
      asio::post(executor, [self, y = std::move(y)]() mutable {
        y.events ? self->begin_events(std::move(y)) : self->write(std::move(y));
      });
    });
  }

  void write(response x) {
    if (!shared_->stopped) // the machine may be gone afterwards
      shared_->config.answered(x.status,
                               std::chrono::steady_clock::now() - arrived_);
    answer_.emplace();
    answer_->result(x.status);
    answer_->version(11);
    answer_->set(bhttp::field::content_type, x.content_type);
    answer_->set(bhttp::field::cache_control, "no-store");
    if (x.status == 401)
      answer_->set(bhttp::field::www_authenticate, "Bearer");
    answer_->keep_alive(keep_alive_);
    answer_->body() = std::move(x.body);
    answer_->prepare_payload();
    stream_.expires_after(shared_->config.write_timeout);
    bhttp::async_write(stream_, *answer_,
                       [self = shared_from_this()](error_code ec, size_t) {
                         self->on_written(ec);
                       });
  }

  void on_written(error_code ec) {
    if (ec)
      return close();
    if (keep_alive_ && !shared_->stopped)
      return read();
    if (!drain_)
      return close();
    // Closing with unread bytes would reset the connection, and the client
    // would lose the answer that says what is wrong.
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(drain_timeout);
    drain();
  }

  void drain() {
    stream_.async_read_some(asio::buffer(scratch_), [self = shared_from_this()](
                                                      error_code ec, size_t n) {
      self->drained_ += n;
      if (ec || self->drained_ > drain_bytes_max)
        self->close();
      else
        self->drain();
    });
  }

  // -- events -----------------------------------------------------------------

  void begin_events(response x) {
    events_ = std::move(x.events);
    timer_.emplace(stream_.get_executor());
    auto weak = weak_from_this();
    auto executor = stream_.get_executor();
    events_->queue->on_wake([weak, executor] {
      asio::post(executor, [weak] {
        if (auto self = weak.lock())
          self->write_events();
      });
    });
    if (shared_->stopped)
      end();
    watch_for_end();
    tick();
    writing_ = true;
    chunk_ = "HTTP/1.1 200 OK\r\nContent-Type: " + x.content_type
             + "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
               ": connected\n\n";
    send_chunk();
  }

  /// The client sends nothing any more: bytes or an end mean it has gone.
  void watch_for_end() {
    stream_.socket().async_read_some(
      asio::buffer(scratch_),
      [self = shared_from_this()](error_code, size_t) { self->close(); });
  }

  void tick() {
    timer_->expires_after(shared_->config.watch_keep_alive);
    timer_->async_wait([weak = weak_from_this()](error_code ec) {
      auto self = weak.lock();
      if (ec || !self || !self->events_)
        return;
      self->silent_ = true;
      self->write_events();
      self->tick();
    });
  }

  void write_events() {
    if (writing_ || !events_)
      return;
    if (!events_->queue->take(chunk_)) {
      if (events_->queue->finished())
        return close();
      if (!std::exchange(silent_, false))
        return;
      chunk_ = ": alive\n\n";
    }
    writing_ = true;
    send_chunk();
  }

  void send_chunk() {
    stream_.expires_after(shared_->config.write_timeout);
    asio::async_write(stream_, asio::buffer(chunk_),
                      [self = shared_from_this()](error_code ec, size_t) {
                        self->writing_ = false;
                        if (ec)
                          return self->close();
                        self->stream_.expires_never();
                        self->write_events();
                      });
  }

  void close() {
    if (timer_)
      timer_->cancel();
    events_.reset();
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  std::shared_ptr<shared_state> shared_;
  beast::flat_buffer buffer_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  std::optional<bhttp::response<bhttp::string_body>> answer_;
  std::shared_ptr<subscription> events_;
  std::optional<asio::steady_timer> timer_;
  std::string chunk_;
  std::array<char, 4096> scratch_;
  size_t drained_ = 0;
  std::chrono::steady_clock::time_point arrived_{};
  bool busy_ = false;
  bool keep_alive_ = true;
  bool drain_ = false;
  bool writing_ = false;
  bool silent_ = false;
};

} // namespace

void begin_connection(tcp::socket socket,
                      std::shared_ptr<shared_state> shared) {
  auto executor = socket.get_executor();
  // A responder may hold the last reference on another thread; the io thread
  // alone may destroy a connection.
  auto release = [executor](connection* x) {
    asio::dispatch(executor, [owned = std::unique_ptr<connection>(x)] {});
  };
  std::shared_ptr<connection> made{
    new connection{std::move(socket), std::move(shared)}, release};
  made->read();
}

} // namespace muster::http
