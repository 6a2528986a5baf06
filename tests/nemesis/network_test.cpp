// SPDX-License-Identifier: Apache-2.0
#include "tests/eventually.hpp"
#include "tests/nemesis/network.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace muster::nemesis;
using muster::testing::eventually;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

/// Machine 0 dials machine 1 through the network; blocking sockets.
struct wire {
  asio::io_context io;
  tcp::acceptor machine{io, {asio::ip::address_v4::loopback(), 0}};
  std::unique_ptr<network> between = started();
  tcp::socket here{io};
  tcp::socket there{io};

  std::unique_ptr<network> started() {
    auto port = machine.local_endpoint().port();
    auto made = network::start({port, port});
    REQUIRE(made);
    return std::move(*made);
  }

  void dial() {
    here = tcp::socket{io};
    here.connect({asio::ip::address_v4::loopback(), between->port({0, 1})});
  }

  /// Until both directions are being read: a stall before that is no chunk
  /// held back.
  void connect() {
    dial();
    there = machine.accept();
    for (int i = 0; i < 2; ++i) {
      send(here, "ping");
      receive(there, 4);
      send(there, "pong");
      receive(here, 4);
    }
  }

  void break_link(link_faults x) {
    between->apply(1, {{{0, 1}, x}});
  }

  static void send(tcp::socket& from, const std::string& text) {
    asio::write(from, asio::buffer(text));
  }

  static std::string receive(tcp::socket& from, size_t bytes) {
    std::string out(bytes, ' ');
    asio::read(from, asio::buffer(out));
    return out;
  }

  /// Bytes that came through the proxy.
  bool arrives(tcp::socket& at) {
    return eventually([&] { return at.available() > 0; });
  }

  uint64_t stalled() {
    return between->count({{0, 1}}).stalled_chunks;
  }
};

} // namespace

TEST_CASE_METHOD(wire, "network: a link passes bytes both ways") {
  connect();
  send(here, "there");
  CHECK(receive(there, 5) == "there");
  send(there, "back");
  CHECK(receive(here, 4) == "back");
}

TEST_CASE_METHOD(wire, "network: a stalled link delivers when it is mended") {
  connect();
  break_link({false, true, true});
  send(here, "late");
  send(there, "too");
  REQUIRE(eventually([&] { return stalled() == 2; }));
  CHECK(here.available() + there.available() == 0);
  between->heal(1);
  CHECK(receive(there, 4) == "late");
  CHECK(receive(here, 3) == "too");
}

TEST_CASE_METHOD(wire, "network: one way holds one direction only") {
  connect();
  break_link({false, true, false});
  send(here, "held");
  REQUIRE(eventually([&] { return stalled() == 1; }));
  send(there, "back");
  CHECK(receive(here, 4) == "back");
  CHECK(there.available() == 0);
  between->heal(1);
  CHECK(receive(there, 4) == "held");
}

TEST_CASE_METHOD(wire, "network: a cut link resets, and refuses new ones") {
  connect();
  break_link({true, false, false});
  boost::system::error_code failed;
  char byte = 0;
  here.read_some(asio::buffer(&byte, 1), failed);
  CHECK(failed);
  here.connect({asio::ip::address_v4::loopback(), between->port({0, 1})},
               failed);
  here = tcp::socket{io};
  dial();
  here.read_some(asio::buffer(&byte, 1), failed);
  CHECK(failed);
  CHECK(between->count({{0, 1}}).resets >= 2);
  between->heal(1);
  connect();
  send(here, "again");
  CHECK(receive(there, 5) == "again");
}

TEST_CASE_METHOD(wire, "network: faults under two names add up") {
  connect();
  between->apply(1, {{{0, 1}, {false, true, false}}});
  between->apply(2, {{{0, 1}, {false, false, true}}});
  between->heal(1);
  send(here, "open");
  CHECK(receive(there, 4) == "open");
  send(there, "held");
  REQUIRE(eventually([&] { return stalled() == 1; }));
  between->heal(2);
  CHECK(receive(here, 4) == "held");
}
