// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/tls_transport.hpp"
#include "tests/unit/transport/fixture.hpp"

#include <algorithm>
#include <atomic>

using namespace muster;
using namespace muster::test;

namespace {

using strings = std::vector<std::string>;

bool contains(const strings& all, const std::string& part) {
  return std::any_of(all.begin(), all.end(), [&](const auto& x) {
    return x.find(part) != std::string::npos;
  });
}

} // namespace

TEST_CASE("transport: packets arrive in order, on both lanes") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  strings sent;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(a.send("m2", std::to_string(i)) == send_result::queued);
    sent.push_back("m1/1 data 7 " + std::to_string(i));
  }
  REQUIRE(b.seen.got(1000));
  CHECK(b.seen.packets() == sent);
  CHECK(a.send("m2", "lease", lane::lease) == send_result::queued);
  REQUIRE(b.seen.got(1001));
  CHECK(b.seen.packets().back() == "m1/1 lease 7 lease");
  CHECK(b.send("m1", "back") == send_result::queued);
  REQUIRE(a.seen.got(1));
}

TEST_CASE("transport: many threads, each one's order kept") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  std::vector<std::thread> writers;
  for (int id = 0; id < 4; ++id)
    writers.emplace_back([&, id] {
      for (int i = 0; i < 500; ++i)
        a.transport().send(machine_id{"m2"}, lane::data,
                           {static_cast<uint16_t>(id), std::to_string(i)});
    });
  for (auto& x : writers)
    x.join();
  REQUIRE(b.seen.got(2000));
  std::vector<int> next(4, 0);
  for (const auto& line : b.seen.packets()) {
    auto id = static_cast<size_t>(line.at(10) - '0');
    CHECK(line.substr(12) == std::to_string(next[id]++));
  }
}

TEST_CASE("transport: large and empty packets pass whole") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  std::string large((size_t{16} << 20) - 22, 'x');
  CHECK(a.send("m2", large) == send_result::queued);
  CHECK(a.send("m2", "") == send_result::queued);
  CHECK(a.send("m2", large + "x") == send_result::overloaded);
  CHECK(a.probe().packets_too_large == 1);
  REQUIRE(b.seen.got(2));
  CHECK(b.seen.packets()[0] == "m1/1 data 7 " + large);
  CHECK(b.seen.packets()[1] == "m1/1 data 7 ");
}

TEST_CASE("transport: nobody is connected before set_peers, nor after") {
  node a{"m1"};
  node b{"m2"};
  CHECK(a.send("m2", "x") == send_result::not_connected);
  join(a, b);
  a.transport().set_peers({});
  CHECK(a.seen.saw("-m2/1 data"));
  CHECK(a.seen.saw("-m2/1 lease"));
  CHECK(a.send("m2", "x") == send_result::not_connected);
  CHECK(b.seen.saw("-m1/1 data"));
}

TEST_CASE("transport: a restarted peer is disconnected, then connected") {
  node a{"m1", impatient};
  auto b = std::make_optional<node>("m2", impatient);
  join(a, *b);
  auto port = b->address().port;
  b.reset();
  REQUIRE(a.seen.saw("-m2/1 data"));
  CHECK(a.send("m2", "x") == send_result::not_connected);
  auto same_port = [port](transport_options& x) {
    impatient(x);
    x.listen_port = port;
  };
  b.emplace("m2", same_port, 2);
  b->transport().set_peers({a.address()});
  // The record of incarnation 1 is still listed: a newer one may answer.
  REQUIRE(a.seen.saw("+m2/2 data"));
  REQUIRE(b->seen.saw("+m1/1 data"));
  CHECK(a.send("m2", "hello again") == send_result::queued);
  CHECK(b->seen.got(1));
}

TEST_CASE("transport: an older incarnation is refused") {
  node a{"m1", impatient};
  node b{"m2", impatient, 4};
  a.transport().set_peers({b.address(5)});
  b.transport().set_peers({a.address()});
  CHECK(eventually([&] {
    return contains(a.seen.events(), "peer=m2/4")
           && contains(b.seen.events(), "the peer says old_incarnation")
           && contains(a.seen.events(), "its incarnation is old");
  }));
  CHECK(a.seen.lines().empty());
  CHECK(b.seen.lines().empty());
}

TEST_CASE("transport: a newer incarnation in the list closes the older") {
  node a{"m1", impatient};
  node b{"m2", impatient};
  join(a, b);
  a.transport().set_peers({b.address(2)});
  CHECK(a.seen.saw("-m2/1 data"));
  CHECK(a.seen.saw("-m2/1 lease"));
  CHECK(b.seen.saw("-m1/1 data"));
}

TEST_CASE("transport: a machine that is not registered is refused") {
  node a{"m1", impatient};
  node b{"m2", impatient};
  b.transport().set_peers({a.address()});
  CHECK(eventually([&] {
    return contains(a.seen.events(), "peer_refused peer=m2")
           && a.probe().refused > 0;
  }));
  CHECK(a.probe().packets_received == 0);
}

TEST_CASE("transport: a certificate of another CA is refused, both ways") {
  node a{"m1", impatient};
  node b{"m2", [](transport_options& x) {
           impatient(x);
           x.tls = certificates::other().of("m2");
         }};
  a.transport().set_peers({b.address()});
  b.transport().set_peers({a.address()});
  CHECK(eventually(
    [&] { return a.probe().tls_failures > 2 && b.probe().tls_failures > 2; }));
  CHECK(a.seen.lines().empty());
  CHECK(b.seen.lines().empty());
}

TEST_CASE("transport: a certificate with another name is refused") {
  node a{"m1", impatient};
  node b{"m2", [](transport_options& x) {
           impatient(x);
           x.tls = certificates::trusted().of("m3");
         }};
  a.transport().set_peers(
    {b.address(),
     {{machine_id{"m3"}, incarnation{1}}, "127.0.0.1", a.address().port}});
  b.transport().set_peers({a.address()});
  CHECK(eventually([&] {
    return contains(a.seen.events(), "why=identity")
           && contains(a.seen.events(), "its certificate names m3");
  }));
  CHECK(a.seen.lines().empty());
  CHECK(b.seen.lines().empty());
}

TEST_CASE("transport: a machine is dialled where the options say") {
  node b{"m2"};
  node a{"m1", [&](transport_options& x) {
           x.via[machine_id{"m2"}] = {"127.0.0.1", b.address().port};
         }};
  auto registered = b.address();
  registered.port = 1; // nobody listens there
  a.transport().set_peers({registered});
  b.transport().set_peers({a.address()});
  REQUIRE(a.connected_to(b));
  a.transport().set_peers({registered});
  CHECK(a.send("m2", "still connected") == send_result::queued);
  CHECK(b.seen.got(1));
}

TEST_CASE("transport: who is dialled elsewhere is checked all the same") {
  node b{"m2"};
  node c{"m3"};
  node a{"m1", [&](transport_options& x) {
           x.via[machine_id{"m2"}] = {"127.0.0.1", c.address().port};
         }};
  a.transport().set_peers({b.address()});
  c.transport().set_peers({a.address()});
  CHECK(eventually(
    [&] { return contains(a.seen.events(), "its certificate names m3"); }));
  CHECK(a.seen.lines().empty());
}

TEST_CASE("transport: other clusters and other options are refused") {
  auto change = GENERATE(0, 1);
  node a{"m1", impatient};
  node b{"m2", [change](transport_options& x) {
           impatient(x);
           if (change == 0)
             x.cluster_id = "another";
           else
             x.cluster_options_hash = 42;
         }};
  a.transport().set_peers({b.address()});
  b.transport().set_peers({a.address()});
  std::string why = change == 0 ? "says cluster" : "says cluster_options";
  CHECK(eventually([&] { return contains(b.seen.events(), why); }));
  CHECK(a.seen.lines().empty());
}

TEST_CASE("transport: nothing is called after stop") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  std::atomic<bool> stopped{false};
  std::atomic<bool> late{false};
  b.seen.hook = [&](const peer&, lane, packet&) { late = late || stopped; };
  std::thread writer{[&] {
    while (a.send("m2", "x") != send_result::not_connected) {
      // until the connection is gone
    }
  }};
  REQUIRE(b.seen.got(100));
  b.transport().stop();
  stopped = true;
  writer.join();
  b.transport().stop();
  CHECK_FALSE(late);
  CHECK(b.seen.lines().size() == 2); // no on_disconnected either
}

TEST_CASE("transport: the listener may stop it") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  b.seen.hook = [&](const peer&, lane, packet&) { b.transport().stop(); };
  for (int i = 0; i < 10; ++i)
    a.send("m2", "x");
  CHECK(a.seen.saw("-m2/1 data"));
  CHECK(b.seen.got(1)); // written down after the hook
  CHECK(b.seen.packets().size() == 1);
}

TEST_CASE("transport: a taken port and unusable options are told") {
  node a{"m1"};
  recorder sink;
  boost::asio::io_context io;
  transport_options options;
  options.self = machine_id{"m2"};
  options.tls = certificates::trusted().of("m2");
  options.listen_port = a.address().port;
  CHECK(tls_transport::open(io, options, sink).failure().code == errc::in_use);
  options.listen_port = 0;
  options.tls.key = certificates::trusted().of("m3").key;
  CHECK(tls_transport::open(io, options, sink).failure().code
        == errc::invalid_argument);
  options.self = machine_id{""};
  CHECK(tls_transport::open(io, options, sink).failure().code
        == errc::invalid_argument);
}

TEST_CASE("transport: plaintext works on loopback and nowhere else") {
  auto plain = [](transport_options& x) {
    impatient(x);
    x.insecure = true;
    x.tls = {};
  };
  node a{"m1", plain};
  node b{"m2", plain};
  join(a, b);
  CHECK(a.send("m2", "x") == send_result::queued);
  CHECK(b.seen.got(1));
  a.transport().set_peers(
    {b.address(), {{machine_id{"m3"}, incarnation{1}}, "192.0.2.1", 9}});
  CHECK(eventually(
    [&] { return contains(a.seen.events(), "plaintext is for loopback"); }));
  recorder sink;
  boost::asio::io_context io;
  transport_options options;
  options.self = machine_id{"m3"};
  options.insecure = true;
  options.listen_host = "0.0.0.0";
  CHECK(tls_transport::open(io, options, sink).failure().code
        == errc::invalid_argument);
}
