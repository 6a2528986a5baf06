// SPDX-License-Identifier: Apache-2.0

// What etcd's client makes of refused, silent and broken connections, of
// passwords and of restarts.

#include "tests/unit/coordinator/tcp_relay.hpp"
#include "tests/unit/coordinator/world.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>

using namespace muster;
using namespace muster::test;

namespace {

std::string refused_endpoint() {
  return "http://127.0.0.1:" + std::to_string(free_port());
}

std::string code_of(const result<coordinator_txn_answer>& x) {
  return x ? "ok" : to_string(x.failure().code);
}

struct failing_world : etcd_world {
  tcp_relay relay{etcd.port()};

  /// Replaces the coordinator by one with these endpoints.
  words use(std::vector<std::string> endpoints, std::string password = {},
            std::chrono::milliseconds deadline = 2s) {
    auto x = options();
    x.endpoints = std::move(endpoints);
    x.limits.deadline = deadline;
    if (!password.empty()) {
      x.user = "root";
      x.password = std::move(password);
    }
    c = *etcd_coordinator::open(x, clock);
    return words{*c};
  }
};

} // namespace

#define REQUIRE_ETCD \
  if (!etcd_world::is_available()) { \
    WARN("skipped: etcd is not installed"); \
    return; \
  }

TEST_CASE("nobody at the endpoint: surely not applied", "[etcd]") {
  adjustable_clock clock;
  etcd_options options;
  options.endpoints = {refused_endpoint(), refused_endpoint()};
  auto c = *etcd_coordinator::open(options, clock);
  words w{*c};
  auto begin = clock.now();
  CHECK(code_of(w.put("/a", "x")) == "unavailable");
  CHECK(w.get("/a") == "unavailable");
  auto lease = w.keep_alive(2s);
  REQUIRE_FALSE(lease);
  CHECK(lease.failure().code == errc::unavailable);
  // It does not wait for the deadline to say so.
  CHECK(clock.now() - begin < 3 * options.limits.deadline);
}

TEST_CASE("a silent endpoint: a transaction is unknown, a range unavailable",
          "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  auto w = world.use({world.relay.endpoint()}, {}, 300ms);
  world.relay.set(tcp_relay::mode::swallow);
  auto begin = world.clock.now();
  CHECK(code_of(w.put("/a", "x")) == "unknown");
  CHECK(world.clock.now() - begin >= 250ms);
  CHECK(w.get("/a") == "unavailable");
  world.relay.set(tcp_relay::mode::forward);
  CHECK(w.get("/a") == "-");
}

TEST_CASE("an answer that is cut off: unknown, and applied only once",
          "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  auto w = world.use({world.relay.endpoint()});
  // On this kept connection libcurl would send it again, and report that the
  // compare does not hold.
  auto before = w.range("/")->revision;
  world.relay.set(tcp_relay::mode::cut_one_answer);
  CHECK(code_of(w.swap("/a", 0, "x")) == "unknown");
  CHECK(w.get("/a") == "x");
  CHECK(w.range("/")->revision == before + 1);
}

TEST_CASE("the next endpoint takes over", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  SECTION("from one that refuses") {
    auto w = world.use({refused_endpoint(), world.etcd.endpoint()});
    CHECK(code_of(w.put("/a", "x")) == "ok");
    CHECK(w.get("/a") == "x");
  }
  SECTION("from one that is silent") {
    world.relay.set(tcp_relay::mode::swallow);
    auto w = world.use({world.relay.endpoint(), world.etcd.endpoint()});
    CHECK(w.get("/a") == "-");
    CHECK(code_of(w.put("/a", "x")) == "ok");
  }
  SECTION("for a watch as well") {
    auto w = world.use({world.relay.endpoint(), world.etcd.endpoint()});
    std::atomic<int> hints{0};
    world.c->watch("/", [&] { ++hints; });
    REQUIRE(eventually([&] { return hints == 1; }));
    world.relay.set(tcp_relay::mode::swallow);
    // The range finds out, the watch follows it.
    CHECK(w.get("/a") == "-");
    REQUIRE(eventually([&] { return hints == 2; }));
    w.set("/a", "x");
    CHECK(eventually([&] { return hints == 3; }));
  }
}

TEST_CASE("passwords", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  world.etcd.require_password("right");
  SECTION("the right one opens everything") {
    auto w = world.use({world.etcd.endpoint()}, "right");
    CHECK(code_of(w.put("/a", "x")) == "ok");
    CHECK(w.get("/a") == "x");
    CHECK(*w.keep_alive(5s));
  }
  SECTION("a wrong one is denied") {
    auto w = world.use({world.etcd.endpoint()}, "wrong");
    CHECK(code_of(w.put("/a", "x")) == "denied");
    CHECK(w.get("/a") == "denied");
  }
  SECTION("none is denied") {
    auto w = world.use({world.etcd.endpoint()});
    CHECK(code_of(w.put("/a", "x")) == "denied");
  }
}

TEST_CASE("a password for an etcd without users is no obstacle", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  auto w = world.use({world.etcd.endpoint()}, "any");
  CHECK(code_of(w.put("/a", "x")) == "ok");
  // Users are made while the session believes that there are none.
  world.etcd.require_password("any");
  CHECK(code_of(w.put("/a", "y")) == "ok");
}

TEST_CASE("a restarted etcd has forgotten the token: log in again", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  world.etcd.require_password("right");
  auto w = world.use({world.etcd.endpoint()}, "right");
  std::atomic<int> hints{0};
  world.c->watch("/", [&] { ++hints; });
  w.set("/a", "x");
  REQUIRE(eventually([&] { return hints >= 1; }));
  world.etcd.kill();
  world.etcd.start();
  auto before = hints.load();
  CHECK(code_of(w.put("/a", "y")) == "ok");
  CHECK(w.get("/a") == "y");
  CHECK(eventually([&] { return hints > before; }));
}

TEST_CASE("a watch hints once after every reconnect", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  std::atomic<int> hints{0};
  world.c->watch("/", [&] { ++hints; });
  REQUIRE(eventually([&] { return hints == 1; }));
  world.etcd.kill();
  world.etcd.start();
  CHECK(eventually([&] { return hints == 2; }));
  words{*world.c}.set("/a", "x");
  CHECK(eventually([&] { return hints == 3; }));
}

TEST_CASE("kill -9 among writes: what was acknowledged is there", "[etcd]") {
  REQUIRE_ETCD
  failing_world world;
  constexpr int count = 100;
  std::array<std::atomic<int>, count> outcome{};
  std::atomic<int> answered{0};
  for (int i = 0; i < count; ++i) {
    auto key = "/k/" + std::to_string(i);
    world.c->txn({{{key, 0}}, {{key, "x", false}}, {}}, [&, i](const auto& x) {
      outcome[static_cast<size_t>(i)]
        = x ? 1 : static_cast<int>(x.failure().code) + 1;
      ++answered;
    });
  }
  REQUIRE(eventually([&] { return answered >= 5; }));
  world.etcd.kill();
  REQUIRE(eventually([&] { return answered == count; }));
  world.etcd.start();
  words w{*world.c};
  for (int i = 0; i < count; ++i) {
    auto x = outcome[static_cast<size_t>(i)].load();
    auto is_there = w.get("/k/" + std::to_string(i)) == "x";
    if (x == 1)
      CHECK(is_there);
    else if (x == static_cast<int>(errc::unavailable) + 1)
      CHECK_FALSE(is_there);
    else
      CHECK(x == static_cast<int>(errc::unknown) + 1);
  }
}

namespace {

struct tls_world {
  adjustable_clock clock;
  test_certificates certificates;
  etcd_process etcd{&certificates};
  etcd_options options;

  explicit tls_world(const std::string& subject) : certificates(subject) {
    etcd.require_password("right");
    auto identity = certificates.identity();
    options.endpoints = {etcd.endpoint()};
    options.user = "root";
    options.password = "right";
    options.ca_file = identity.ca_file;
    options.certificate_file = identity.certificate_file;
    options.key_file = identity.key_file;
  }

  std::string put() {
    auto c = *etcd_coordinator::open(options, clock);
    auto x = words{*c}.put("/a", "x");
    UNSCOPED_INFO((x ? "" : x.failure().message));
    return code_of(x);
  }
};

} // namespace

TEST_CASE("TLS with a client certificate and a password", "[etcd]") {
  REQUIRE_ETCD
  tls_world world{"/O=muster"};
  CHECK(world.put() == "ok");
  auto with_certificate = world.options;
  world.options.certificate_file.clear();
  world.options.key_file.clear();
  CHECK(world.put() != "ok");
  world.options = with_certificate;
  // The system's authorities did not sign this server.
  world.options.ca_file.clear();
  CHECK(world.put() == "unavailable");
}

TEST_CASE("etcd denies a password from a certificate with a name", "[etcd]") {
  REQUIRE_ETCD
  tls_world world{"/CN=m1"};
  CHECK(world.put() == "denied");
}

TEST_CASE("options that cannot work are refused", "[etcd]") {
  adjustable_clock clock;
  auto refused = [&](auto change) {
    etcd_options x;
    x.endpoints = {"https://etcd.example.org:2379"};
    change(x);
    return !etcd_coordinator::open(x, clock);
  };
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto& x) { x.endpoints.clear(); }));
  CHECK(refused([](auto& x) { x.endpoints = {"etcd:2379"}; }));
  CHECK(refused([](auto& x) { x.endpoints = {"http://etcd:2379/v3"}; }));
  CHECK(refused([](auto& x) { x.limits.deadline = 1ms; }));
  CHECK(refused([](auto& x) { x.certificate_file = "a.pem"; }));
  // A password in plain text leaves this machine only if asked to.
  CHECK(refused([](auto& x) {
    x.endpoints = {"http://127.example.org:2379"};
    x.user = "root";
  }));
  CHECK_FALSE(refused([](auto& x) {
    x.endpoints = {"http://127.0.0.1:4001", "http://[::1]:4001"};
    x.user = "root";
  }));
}
