// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/tls_session.hpp"
#include "tests/unit/transport/fixture.hpp"

using namespace muster;
using namespace muster::test;

namespace {

/// Two sessions and the wire between them.
struct wire {
  explicit wire(uint64_t records = tls_session::records_per_key)
    : dialler(*client_, tls_role::dialler, records),
      acceptor(*server_, tls_role::acceptor, records) {
    dialler.handshake();
    for (int turn = 0; turn < 3; ++turn) {
      pass(dialler, acceptor);
      pass(acceptor, dialler);
    }
  }

  /// Hands over what waits; returns the plain text that came out.
  static std::string pass(tls_session& from, tls_session& to) {
    std::string bytes;
    bytes.swap(from.output());
    to.feed(bytes);
    if (!to.ready() && !to.failed())
      to.handshake();
    std::string plain;
    char buffer[1000];
    while (to.ready())
      if (auto n = to.read(buffer); n > 0)
        plain.append(buffer, n);
      else
        break;
    return plain;
  }

  result<tls_context> client_
    = tls_context::load(certificates::trusted().of("m1"));
  result<tls_context> server_
    = tls_context::load(certificates::trusted().of("m2"));
  tls_session dialler;
  tls_session acceptor;
};

} // namespace

TEST_CASE("tls_session: both ends learn the other's name") {
  wire x;
  REQUIRE(x.dialler.ready());
  REQUIRE(x.acceptor.ready());
  CHECK(x.dialler.peer_name() == "m2");
  CHECK(x.acceptor.peer_name() == "m1");
}

TEST_CASE("tls_session: what is written is one output, and comes out whole") {
  wire x;
  std::string large(300'000, 'x');
  x.dialler.write(large);
  CHECK(x.dialler.output().size() > large.size());
  CHECK(wire::pass(x.dialler, x.acceptor) == large);
  CHECK(x.acceptor.drained());
}

TEST_CASE("tls_session: keys are renewed on the way") {
  wire x{3};
  for (int i = 0; i < 20; ++i) {
    x.dialler.write("ping");
    REQUIRE(wire::pass(x.dialler, x.acceptor) == "ping");
    x.acceptor.write("pong");
    REQUIRE(wire::pass(x.acceptor, x.dialler) == "pong");
  }
}

TEST_CASE("tls_session: a damaged record fails the session") {
  wire x;
  x.dialler.write("hello");
  x.dialler.output().back() ^= 1;
  CHECK(wire::pass(x.dialler, x.acceptor).empty());
  CHECK(x.acceptor.failed());
  CHECK_FALSE(x.acceptor.failure().empty());
}
