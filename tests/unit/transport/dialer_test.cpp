// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/dialer.hpp"
#include "tests/unit/transport/fixture.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <future>

using namespace muster;
using namespace muster::test;

namespace {

/// Lets the listener of a node wait in `on_packet` until it is released.
class stall {
public:
  explicit stall(node& x) {
    x.seen.hook = [held = held_](const peer&, lane, packet&) { held.wait(); };
  }

  ~stall() {
    go_.set_value();
  }

private:
  std::promise<void> go_;
  std::shared_future<void> held_ = go_.get_future().share();
};

size_t send_until_refused(node& from, const std::string& text, lane on) {
  for (size_t count = 0;; ++count)
    if (auto sent = from.send("m2", text, on); sent != send_result::queued) {
      CHECK(sent == send_result::overloaded);
      return count;
    }
}

} // namespace

TEST_CASE("dialer: credit stops a sender whose receiver does not consume") {
  constexpr size_t window = 65536;
  node a{"m1"};
  node b{"m2", [](transport_options& x) {
           x.explicit_credit = true;
           x.window_bytes = window;
         }};
  join(a, b);
  std::string text(1018, 'x'); // 1 KiB in a batch
  for (int i = 0; i < 2000; ++i)
    REQUIRE(a.send("m2", text) == send_result::queued);
  REQUIRE(eventually([&] { return a.probe().credit_stalls > 0; }));
  auto stalled_at = b.seen.packets().size();
  REQUIRE(stalled_at < 2000);
  for (size_t done = 0; done < 2000; ++done) {
    REQUIRE(b.seen.got(done + 1));
    b.transport().consumed(machine_id{"m1"}, text.size());
  }
  CHECK(b.seen.packets().size() == 2000);
}

TEST_CASE("dialer: a full outbox says overloaded, and recovers") {
  node a{"m1", [](transport_options& x) { x.outbox_bytes_max = 1 << 20; }};
  node b{"m2"};
  join(a, b);
  std::string text(100'000, 'x');
  size_t sent = 0;
  {
    stall held{b};
    sent = send_until_refused(a, text, lane::data);
  }
  REQUIRE(b.seen.got(sent));
  CHECK(a.send("m2", "again") == send_result::queued);
  CHECK(b.seen.got(sent + 1));
  CHECK(a.probe().packets_overloaded == 1);
}

TEST_CASE("dialer: the lease lane holds few packets, of any size") {
  node a{"m1"};
  node b{"m2"};
  join(a, b);
  stall held{b};
  send_until_refused(a, std::string(100'000, 'x'), lane::lease);
  CHECK(a.send("m2", "x", lane::lease) == send_result::overloaded);
}

TEST_CASE("dialer: leases pass while the data lane is out of credit") {
  node a{"m1"};
  node b{"m2", [](transport_options& x) {
           x.explicit_credit = true;
           x.window_bytes = 65536;
         }};
  join(a, b);
  for (int i = 0; i < 100; ++i)
    a.send("m2", std::string(10'000, 'x'));
  REQUIRE(eventually([&] { return a.probe().credit_stalls > 0; }));
  CHECK(a.send("m2", "lease", lane::lease) == send_result::queued);
  CHECK(eventually([&] {
    auto packets = b.seen.packets();
    return std::find(packets.begin(), packets.end(), "m1/1 lease 7 lease")
           != packets.end();
  }));
  CHECK(b.seen.packets().size() < 101); // and the data still waits
}

TEST_CASE("dialer: idle connections are kept alive by pings") {
  auto often = [](transport_options& x) { x.ping_interval = 20ms; };
  node a{"m1", often};
  node b{"m2", often};
  join(a, b);
  auto before = b.probe().bytes_received.load();
  CHECK(eventually([&] { return b.probe().bytes_received > before + 1000; }));
  CHECK(a.probe().io_timeouts == 0);
  CHECK(b.probe().io_timeouts == 0);
  CHECK(a.seen.lines().size() == 2);
}

TEST_CASE("dialer: a peer that falls silent is disconnected") {
  node a{"m1", impatient};
  node b{"m2"};
  join(a, b);
  stall held{b};
  a.send("m2", "x");
  CHECK(a.seen.saw("-m2/1 data"));
  CHECK(a.seen.saw("-m2/1 lease"));
  CHECK(a.probe().io_timeouts >= 2);
}

TEST_CASE("dialer: a peer that accepts and says nothing is given up") {
  node a{"m1", impatient};
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor mute{
    io, {boost::asio::ip::address_v4::loopback(), 0}};
  a.transport().set_peers({{{machine_id{"m2"}, incarnation{1}},
                            "127.0.0.1",
                            mute.local_endpoint().port()}});
  CHECK(eventually([&] { return a.probe().handshake_timeouts >= 2; }));
  CHECK(a.seen.lines().empty());
}

TEST_CASE("dialer: names are resolved, unknown ones tried again") {
  node a{"m1", impatient};
  node b{"m2", impatient};
  auto named = b.address();
  named.host = "localhost";
  b.transport().set_peers({a.address()});
  a.transport().set_peers({named});
  CHECK(a.connected_to(b));
}

TEST_CASE("dialer: a peer that moves is dialled at its new address") {
  node a{"m1", impatient};
  node b{"m2", impatient};
  auto wrong = b.address();
  wrong.port = 1;
  b.transport().set_peers({a.address()});
  a.transport().set_peers({wrong});
  REQUIRE(eventually([&] { return a.probe().dials_failed > 0; }));
  a.transport().set_peers({b.address()});
  CHECK(a.connected_to(b));
}

TEST_CASE("dialer: machines of neighbouring versions work together") {
  node a{"m1", [](transport_options& x) { x.versions.wire = {1, 1}; }};
  node b{"m2", [](transport_options& x) { x.versions.wire = {1, 2}; }};
  join(a, b);
  REQUIRE(a.send("m2", "to the newer") == send_result::queued);
  REQUIRE(b.send("m1", "to the older") == send_result::queued);
  CHECK(a.seen.got(1));
  CHECK(b.seen.got(1));
}

TEST_CASE("dialer: machines without a common version say what they have") {
  node a{"m1", [](transport_options& x) { x.versions.wire = {1, 1}; }};
  node b{"m2", [](transport_options& x) { x.versions.wire = {2, 3}; }};
  a.transport().set_peers({b.address()});
  b.transport().set_peers({a.address()});
  auto told = [](node& x, const std::string& what) {
    auto all = x.seen.events();
    return std::any_of(all.begin(), all.end(), [&](const std::string& each) {
      return each.find(what) != std::string::npos;
    });
  };
  CHECK(eventually([&] {
    return told(a,
                "it understands wire 2 to 3, format 1, this machine wire 1, "
                "format 1; upgrade the older one");
  }));
  CHECK(eventually([&] {
    return told(b,
                "why=version it_understands=\"wire 1, format 1\" "
                "this_machine_understands=\"wire 2 to 3, format 1\"");
  }));
  CHECK(a.send("m2", "x") == send_result::not_connected);
}
