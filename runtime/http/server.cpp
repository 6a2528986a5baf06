// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/server.hpp"

#include "runtime/http/connection.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/routes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cassert>

namespace muster::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// After an accept that failed, usually for want of file descriptors.
constexpr std::chrono::milliseconds accept_pause{100};

/// For a client beyond `connections_max`.
std::string full_answer() {
  auto body
    = too_busy("this machine has as many connections as it allows").body;
  return "HTTP/1.1 503 Service Unavailable\r\n"
         "Content-Type: application/json\r\nConnection: close\r\n"
         "Content-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
}

error error_of(const error_code& ec, const std::string& address) {
  auto code = ec == asio::error::address_in_use ? errc::in_use : errc::io;
  return error{code,
               "cannot listen for HTTP on " + address + ": " + ec.message()};
}

std::string address_text(const tcp::endpoint& x) {
  auto host = x.address().to_string();
  if (x.address().is_v6())
    host = "[" + host + "]";
  return host + ":" + std::to_string(x.port());
}

} // namespace

struct server::impl {
  impl(asio::io_context& x, machine& node, options y)
    : io(x),
      shared(std::make_shared<shared_state>(counted(node, std::move(y)))),
      acceptor(io), pause(io) {
    routes_context context{node, shared->config};
    add_record_routes(shared->routes, context);
    add_command_routes(shared->routes, context);
    add_cluster_routes(shared->routes, context);
    add_agent_routes(shared->routes, context);
    add_watch_routes(shared->routes, context);
    add_session_routes(shared->routes, context);
    if (shared->config.places != nullptr)
      add_allocation_routes(shared->routes, context);
    add_inventory_routes(shared->routes, context);
  }

  static options counted(machine& node, options x) {
    x.answered = [&node](unsigned status, std::chrono::nanoseconds took) {
      node.count_request(status, took);
    };
    return x;
  }

  status listen() {
    auto& config = shared->config;
    auto wanted = config.host + ":" + std::to_string(config.port);
    error_code ec;
    auto host = asio::ip::make_address(config.host, ec);
    if (ec)
      return error{errc::invalid_argument,
                   "the HTTP host is not a numeric address: " + config.host};
    tcp::endpoint endpoint{host, config.port};
    acceptor.open(endpoint.protocol(), ec);
    if (!ec)
      acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec)
      acceptor.bind(endpoint, ec);
    if (!ec)
      acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec)
      return error_of(ec, wanted);
    address = address_text(acceptor.local_endpoint(ec));
    return ok();
  }

  void accept() {
    acceptor.async_accept([this](error_code ec, tcp::socket socket) {
      if (ec == asio::error::operation_aborted || shared->stopped)
        return;
      if (ec)
        return accept_later();
      if (shared->open.size() >= shared->config.connections_max)
        turn_away(socket);
      else
        begin(std::move(socket));
      accept();
    });
  }

  void accept_later() {
    pause.expires_after(accept_pause);
    pause.async_wait([this](error_code ec) {
      if (!ec)
        accept();
    });
  }

  void begin(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    begin_connection(std::move(socket), shared);
  }

  static void turn_away(tcp::socket& socket) {
    // Written without waiting: a new connection has room for it.
    static const auto full = full_answer();
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(full), ignored);
    socket.shutdown(tcp::socket::shutdown_both, ignored);
  }

  /// On the io thread.
  void stop_accepting() {
    shared->stopped = true;
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    // A connection leaves the set when it ends, so walk over a copy.
    auto open = shared->open;
    for (auto each : open)
      each->end();
  }

  asio::io_context& io;
  std::shared_ptr<shared_state> shared;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::string address;
};

result<std::unique_ptr<server>> server::start(asio::io_context& io,
                                              machine& node, options config) {
  if (config.token.empty())
    return error{errc::invalid_argument,
                 "the HTTP interface needs a token for writes"};
  auto made = std::make_unique<impl>(io, node, std::move(config));
  if (auto listening = made->listen(); !listening)
    return listening.failure();
  made->accept();
  return std::unique_ptr<server>{new server{std::move(made)}};
}

server::server(std::unique_ptr<impl> x) : impl_(std::move(x)) {
  assert(impl_ != nullptr);
}

server::~server() = default;

const std::string& server::address() const {
  return impl_->address;
}

void server::stop() {
  asio::post(impl_->io, [this] { impl_->stop_accepting(); });
  auto& shared = *impl_->shared;
  {
    std::unique_lock guard{shared.mutex};
    shared.changed.wait_for(guard, shared.config.stop_timeout,
                            [&] { return shared.open_count == 0; });
  }
  shared.workers.stop();
}

} // namespace muster::http
