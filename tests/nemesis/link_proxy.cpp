// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/link_proxy.hpp"

namespace muster::nemesis {

namespace asio = boost::asio;
using boost::system::error_code;

result<std::unique_ptr<link_proxy>>
link_proxy::open(asio::io_context& io, uint16_t port, uint16_t to_port) {
  tcp::acceptor acceptor{io};
  tcp::endpoint here{asio::ip::address_v4::loopback(), port};
  error_code failed;
  acceptor.open(here.protocol(), failed);
  if (!failed)
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  if (!failed)
    acceptor.bind(here, failed);
  if (!failed)
    acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  if (failed)
    return error{errc::in_use, "no proxy on port " + std::to_string(port) + ": "
                                 + failed.message() + "; run it again"};
  std::unique_ptr<link_proxy> out{new link_proxy{std::move(acceptor), to_port}};
  out->accept();
  return out;
}

link_proxy::link_proxy(tcp::acceptor acceptor, uint16_t to_port)
  : acceptor_(std::move(acceptor)),
    to_(asio::ip::address_v4::loopback(), to_port) {
  // nop
}

uint16_t link_proxy::port() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void link_proxy::set_faults(link_faults x) {
  faults_ = x;
  for (auto& each : sessions_)
    each->set_faults(x);
  forget_closed();
}

void link_proxy::accept() {
  acceptor_.async_accept([this](const error_code& failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted)
      return;
    if (!failed)
      begin(std::move(socket));
    accept();
  });
}

void link_proxy::begin(tcp::socket accepted) {
  auto session = std::make_shared<proxy_session>(std::move(accepted), count_);
  session->start(to_, faults_);
  sessions_.push_back(std::move(session));
  forget_closed();
}

void link_proxy::forget_closed() {
  std::erase_if(sessions_, [](auto& each) { return each->closed(); });
}

} // namespace muster::nemesis
