// SPDX-License-Identifier: Apache-2.0

// Figures, not checks; hidden: run `unit-transport [benchmark]`.

#include "tests/unit/transport/fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>

using namespace muster;
using namespace muster::test;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr int round_trips = 20'000;
constexpr uint64_t one_way_packets = 2'000'000;
const std::string small(200, 'x');

double micros_since(clock_type::time_point begin) {
  return std::chrono::duration<double, std::micro>(clock_type::now() - begin)
    .count();
}

/// Counts instead of writing down.
struct counter : transport_listener {
  void on_packet(const peer& from, lane on, packet x) override {
    packets.fetch_add(1, std::memory_order_relaxed);
    if (answer)
      answer(from, on, x);
  }

  void on_connected(const peer&, lane) override {
    ++connected;
  }

  void on_disconnected(const peer&, lane) override {
    --connected;
  }

  std::function<void(const peer&, lane, packet&)> answer;
  std::atomic<uint64_t> packets{0};
  std::atomic<int> connected{0};
};

struct bench_node {
  bench_node(const std::string& id, bool insecure) {
    transport_options options;
    options.self = machine_id{id};
    options.insecure = insecure;
    options.tls = certificates::trusted().of(id);
    auto opened = tls_transport::open(io, options, sink);
    REQUIRE(opened);
    transport = std::move(*opened);
    thread = std::thread{[this] { io.run(); }};
    transport->start(incarnation{1}, seen);
  }

  ~bench_node() {
    transport->stop();
    io.stop();
    thread.join();
  }

  void set_peer(const std::string& id, const bench_node& to) {
    transport->set_peers(
      {{{machine_id{id}, incarnation{1}}, "127.0.0.1", to.transport->port()}});
  }

  recorder sink;
  counter seen;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
    io.get_executor()};
  std::unique_ptr<tls_transport> transport;
  std::thread thread;
};

struct pair {
  explicit pair(bool insecure) : a("m1", insecure), b("m2", insecure) {
    a.set_peer("m2", b);
    b.set_peer("m1", a);
    REQUIRE(eventually(
      [&] { return a.seen.connected == 2 && b.seen.connected == 2; }));
  }

  bench_node a;
  bench_node b;
};

void print(const char* what, std::vector<double>& trips) {
  std::sort(trips.begin(), trips.end());
  auto at = [&](size_t percent) { return trips[trips.size() * percent / 100]; };
  std::printf("%-34s p10 %5.1f us  p50 %5.1f us  p99 %5.1f us\n", what, at(10),
              at(50), at(99));
}

struct raw_pair {
  raw_pair() {
    tcp::acceptor listener{io, {boost::asio::ip::address_v4::loopback(), 0}};
    a.connect(listener.local_endpoint());
    listener.accept(b);
    a.set_option(tcp::no_delay{true});
    b.set_option(tcp::no_delay{true});
  }

  using tcp = boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::socket a{io};
  tcp::socket b{io};
};

/// What the same bytes cost on a bare blocking socket.
void raw_ping_pong() {
  raw_pair x;
  std::string packet(small.size() + 22, 'x');
  auto echo = packet;
  std::thread answers{[&] {
    boost::system::error_code end;
    while (boost::asio::read(x.b, boost::asio::buffer(echo), end) > 0)
      boost::asio::write(x.b, boost::asio::buffer(echo), end);
  }};
  std::vector<double> trips;
  for (int i = 0; i < round_trips; ++i) {
    auto begin = clock_type::now();
    boost::asio::write(x.a, boost::asio::buffer(packet));
    boost::asio::read(x.a, boost::asio::buffer(packet));
    trips.push_back(micros_since(begin));
  }
  x.a.close();
  answers.join();
  print("ping-pong, bare socket", trips);
}

/// Both ends answer on their io threads, one packet at a time.
void ping_pong(bool insecure) {
  pair x{insecure};
  std::promise<void> done;
  std::vector<double> trips;
  auto begin = clock_type::now();
  x.b.seen.answer = [&](const peer& from, lane on, packet& p) {
    x.b.transport->send(from.id, on, std::move(p));
  };
  x.a.seen.answer = [&](const peer& from, lane on, packet& p) {
    trips.push_back(micros_since(begin));
    begin = clock_type::now();
    if (trips.size() < round_trips)
      x.a.transport->send(from.id, on, std::move(p));
    else
      done.set_value();
  };
  x.a.transport->send(machine_id{"m2"}, lane::data, {1, small});
  done.get_future().wait();
  print(insecure ? "ping-pong, plain" : "ping-pong, tls", trips);
}

/// The request comes from another thread, as from an actor.
void request_from_thread() {
  pair x{false};
  std::atomic<uint64_t> answers{0};
  x.b.seen.answer = [&](const peer& from, lane on, packet& p) {
    x.b.transport->send(from.id, on, std::move(p));
  };
  x.a.seen.answer = [&](const peer&, lane, packet&) {
    ++answers;
    answers.notify_one();
  };
  std::vector<double> trips;
  for (uint64_t i = 0; i < round_trips; ++i) {
    auto begin = clock_type::now();
    x.a.transport->send(machine_id{"m2"}, lane::data, {1, small});
    answers.wait(i);
    trips.push_back(micros_since(begin));
  }
  print("ping-pong from a user thread, tls", trips);
}

void one_way(bool insecure) {
  pair x{insecure};
  auto begin = clock_type::now();
  for (uint64_t i = 0; i < one_way_packets;) {
    auto sent = x.a.transport->send(machine_id{"m2"}, lane::data, {1, small});
    if (sent == send_result::queued)
      ++i;
    else
      std::this_thread::yield();
  }
  REQUIRE(eventually([&] { return x.b.seen.packets == one_way_packets; }));
  auto micros = micros_since(begin);
  std::printf(
    "one way %-5s  %.2f M packets/s  %.0f MB/s  %.0f packets a batch\n",
    insecure ? "plain" : "tls", static_cast<double>(one_way_packets) / micros,
    static_cast<double>(one_way_packets * small.size()) / micros,
    static_cast<double>(one_way_packets)
      / static_cast<double>(x.a.transport->probe().batches_sent));
}

} // namespace

TEST_CASE("transport: ping-pong", "[.][benchmark]") {
  raw_ping_pong();
  ping_pong(false);
  ping_pong(true);
}

TEST_CASE("transport: ping-pong from a thread", "[.][benchmark]") {
  request_from_thread();
}

TEST_CASE("transport: one way", "[.][benchmark]") {
  one_way(false);
  one_way(true);
}
