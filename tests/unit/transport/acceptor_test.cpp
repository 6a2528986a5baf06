// SPDX-License-Identifier: Apache-2.0
#include "runtime/outbox/batch.hpp"
#include "runtime/transport/acceptor.hpp"
#include "tests/unit/transport/intruder.hpp"

#include <future>

using namespace muster;
using namespace muster::test;

namespace {

std::string batch_of(const std::string& text) {
  std::string batch;
  append_packet(batch, 7, text);
  return batch;
}

/// m1, which has m2 registered at an address where nobody listens.
struct victim : node {
  explicit victim(const node::adjust& change = {}) : node("m1", change) {
    transport().set_peers(
      {{{machine_id{"m2"}, incarnation{1}}, "127.0.0.1", 1}});
    // The list is in force once it was dialled.
    REQUIRE(eventually([&] { return probe().dials > 0; }));
  }
};

} // namespace

TEST_CASE("acceptor: a well-behaved client is heard") {
  victim x;
  intruder client{x};
  auto welcome = client.enter();
  CHECK(welcome.from == peer{machine_id{"m1"}, incarnation{1}});
  CHECK(welcome.credit_bytes == size_t{32} << 20);
  client.send(frame_type::batch, batch_of("a"));
  client.send(frame_type::ping, "");
  CHECK(client.next().first == frame_type::pong);
  CHECK(x.seen.packets() == std::vector<std::string>{"m2/1 data 7 a"});
  CHECK(x.probe().unauthenticated_now == 0);
  CHECK(x.probe().inbound_now == 1);
}

TEST_CASE("acceptor: plain garbage closes the connection and counts") {
  victim x;
  intruder client{x};
  client.send_raw(std::string(100, 'G'));
  CHECK(client.is_closed());
  CHECK(eventually([&] { return x.probe().inbound_now == 0; }));
  CHECK(x.probe().tls_failures == 1);
  CHECK(x.probe().unauthenticated_now == 0);
}

TEST_CASE("acceptor: frames that lie about their length are refused") {
  auto before_hello = GENERATE(false, true);
  victim x;
  intruder client{x};
  if (before_hello)
    client.secure();
  else
    client.enter();
  std::string bytes;
  append_frame(frame_type::hello, "x", bytes);
  store_le(bytes.data(), before_hello ? hello_bytes_max + 1 : 0xffffffff, 4);
  client.send(bytes);
  CHECK(client.is_closed());
  CHECK(x.probe().oversize_frames == 1);
  CHECK(x.probe().malformed == 1);
}

TEST_CASE("acceptor: a flipped bit closes the connection") {
  victim x;
  intruder client{x};
  client.enter();
  std::string bytes;
  append_frame(frame_type::batch, batch_of("good"), bytes);
  auto good = bytes;
  bytes.back() ^= 1;
  client.send(good + bytes + good);
  CHECK(client.is_closed());
  CHECK(x.probe().bad_checksums == 1);
  CHECK(x.seen.packets().size() == 1);
}

TEST_CASE("acceptor: a batch that is not all packets delivers nothing") {
  victim x;
  intruder client{x};
  client.enter();
  client.send(frame_type::batch, batch_of("good") + "tail");
  CHECK(client.is_closed());
  CHECK(x.probe().bad_payloads == 1);
  CHECK(x.seen.packets().empty());
}

TEST_CASE("acceptor: frames out of place close the connection") {
  auto type = GENERATE(frame_type::batch, frame_type::credit, frame_type::pong,
                       frame_type::refusal, frame_type::ping);
  victim x;
  intruder client{x};
  client.secure();
  client.send(type, "");
  CHECK(client.is_closed());
  CHECK(x.probe().unknown_frames == 1);
}

TEST_CASE("acceptor: a second hello and a garbage hello are refused") {
  auto first = GENERATE(true, false);
  victim x;
  intruder client{x};
  if (first) {
    client.secure();
    client.send(frame_type::hello, "MSTR");
  } else {
    client.enter();
    client.send(frame_type::hello, encode(intruder::good_hello(2)));
  }
  CHECK(client.is_closed());
  CHECK(x.probe().malformed == 1);
}

TEST_CASE("acceptor: half a frame counts when the connection ends") {
  victim x;
  {
    intruder client{x};
    client.enter();
    std::string bytes;
    append_frame(frame_type::batch, batch_of("cut"), bytes);
    client.send(bytes.substr(0, bytes.size() - 1));
  }
  CHECK(eventually([&] { return x.probe().half_frames == 1; }));
  CHECK(x.seen.packets().empty());
}

TEST_CASE("acceptor: a handshake that stalls is cut at the deadline") {
  auto after_tls = GENERATE(false, true);
  victim x{impatient};
  intruder client{x};
  if (after_tls)
    client.secure();
  CHECK(client.is_closed());
  CHECK(x.probe().handshake_timeouts == 1);
  CHECK(eventually([&] { return x.probe().unauthenticated_now == 0; }));
}

TEST_CASE("acceptor: a silent connection is cut at the io deadline") {
  victim x{impatient};
  intruder client{x};
  client.enter();
  CHECK(client.is_closed());
  CHECK(x.probe().io_timeouts == 1);
}

TEST_CASE("acceptor: unauthenticated connections have a cap") {
  victim x{[](transport_options& o) { o.unauthenticated_max = 2; }};
  intruder first{x};
  intruder second{x};
  CHECK(eventually([&] { return x.probe().unauthenticated_now == 2; }));
  intruder third{x};
  CHECK(third.is_closed());
  CHECK(x.probe().refused_by_cap == 1);
  first.enter(); // makes room
  intruder fourth{x};
  CHECK(eventually([&] { return x.probe().inbound_now == 3; }));
}

TEST_CASE("acceptor: all connections together have a cap") {
  victim x{[](transport_options& o) { o.connections_max = 1; }};
  intruder first{x};
  first.enter();
  intruder second{x};
  CHECK(second.is_closed());
  CHECK(x.probe().refused_by_cap == 1);
}

TEST_CASE("acceptor: a newer connection supersedes, an older is refused") {
  victim x;
  intruder older{x};
  older.enter(intruder::good_hello(5));
  intruder newer{x};
  newer.enter(intruder::good_hello(6));
  CHECK(older.is_closed());
  CHECK(x.probe().connections_superseded == 1);
  intruder late{x};
  late.secure();
  late.send(frame_type::hello, encode(intruder::good_hello(4)));
  auto [type, why] = late.next();
  CHECK(type == frame_type::refusal);
  CHECK(decode_refusal(why)->why == refusal::old_connection);
  newer.send(frame_type::batch, batch_of("still here"));
  CHECK(x.seen.got(1));
}

TEST_CASE("acceptor: frames of a superseded connection are discarded") {
  victim x;
  std::promise<void> go;
  auto held = go.get_future().share();
  x.seen.hook = [&](const peer&, lane, packet& p) {
    if (p.payload == "hold")
      held.wait();
  };
  intruder older{x};
  intruder newer{x};
  older.enter(intruder::good_hello(1));
  newer.secure();
  older.send(frame_type::batch, batch_of("hold"));
  CHECK(eventually([&] { return x.probe().batches_received == 1; }));
  // Both wait in the kernel now; whichever is read first, none of the older
  // is delivered after one of the newer.
  newer.send(frame_type::hello, encode(intruder::good_hello(2)));
  newer.send(frame_type::batch, batch_of("new"));
  older.send(frame_type::batch, batch_of("old"));
  go.set_value();
  CHECK(older.is_closed());
  CHECK(newer.next().first == frame_type::hello);
  newer.send(frame_type::ping, "");
  CHECK(newer.next().first == frame_type::pong);
  CHECK(x.seen.packets().back() == "m2/1 data 7 new");
}

TEST_CASE("acceptor: a newer incarnation closes both lanes of the older") {
  victim x;
  auto lease = intruder::good_hello(2);
  lease.on = lane::lease;
  intruder data_of_1{x};
  intruder lease_of_1{x};
  data_of_1.enter(intruder::good_hello(1));
  lease_of_1.enter(lease);
  intruder data_of_2{x};
  data_of_2.enter(intruder::good_hello(1, 2));
  CHECK(data_of_1.is_closed());
  CHECK(lease_of_1.is_closed());
}

TEST_CASE("acceptor: who sends beyond the credit is cut off") {
  victim x{[](transport_options& o) {
    o.explicit_credit = true;
    o.window_bytes = 65536;
  }};
  intruder client{x};
  CHECK(client.enter().credit_bytes == 65536);
  client.send(frame_type::batch, batch_of(std::string(70'000, 'x')));
  CHECK(x.seen.got(1)); // one frame may exceed it
  client.send(frame_type::batch, batch_of("more"));
  CHECK(client.is_closed());
  CHECK(x.probe().credit_violations == 1);
  CHECK(x.seen.packets().size() == 1);
}

TEST_CASE("acceptor: what nobody consumed is left out of the next credit") {
  victim x{[](transport_options& o) {
    o.explicit_credit = true;
    o.window_bytes = 65536;
  }};
  {
    intruder client{x};
    client.enter();
    client.send(frame_type::batch, batch_of(std::string(994, 'x')));
    CHECK(x.seen.got(1));
  }
  intruder client{x};
  CHECK(client.enter(intruder::good_hello(2)).credit_bytes == 64536);
  x.transport().consumed(machine_id{"m2"}, 994);
  intruder again{x};
  CHECK(again.enter(intruder::good_hello(3)).credit_bytes == 65536);
}
