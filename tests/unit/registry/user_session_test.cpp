// SPDX-License-Identifier: Apache-2.0
#include "registry/user_session.hpp"
#include "tests/unit/registry/session_world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

TEST_CASE("user_session: the head is read as it was written") {
  auto x = session_of("m1.7");
  x.label = "a=b";
  auto y = parse_session("m1.7", to_text(x));
  REQUIRE(y);
  CHECK(*y == x);
}

TEST_CASE("user_session: what is no head is corrupt") {
  for (auto text : {"", "label=x\n", "ttl_ms=ten\n", "ttl_ms=1\n", "hello"})
    CHECK(!parse_session("s", text));
}

TEST_CASE("user_session: limits") {
  CHECK(check_session(session_of("a")));
  CHECK(check_session(session_of(std::string(session_id_bytes_max, 'x'))));
  CHECK(!check_session(session_of(std::string(session_id_bytes_max + 1, 'x'))));
  CHECK(!check_session(session_of("")));
  CHECK(!check_session(session_of("a/b")));
  CHECK(check_session(session_of("a", session_ttl_min)));
  CHECK(!check_session(session_of("a", session_ttl_min - 1ms)));
  CHECK(check_session(session_of("a", session_ttl_max)));
  CHECK(!check_session(session_of("a", session_ttl_max + 1ms)));
  auto x = session_of("a");
  x.label = "two\nlines";
  CHECK(!check_session(x));
}

TEST_CASE("user_session: keys under the prefix are told apart") {
  using kind = session_part::kind;
  CHECK(part_of_session("/sessions").what == kind::other);
  CHECK(part_of_session("/sessions/s").what == kind::head);
  CHECK(part_of_session("/sessions/s/renewed").what == kind::renewed);
  CHECK(part_of_session("/sessions/s/keys").what == kind::other);
  auto key = bound_key("s", "/a/b");
  auto bound = part_of_session(key);
  CHECK(bound.what == kind::bound);
  CHECK(bound.id == "s");
  CHECK(bound.key == "/a/b");
}

TEST_CASE("user_session: an id is opened once") {
  session_world x;
  CHECK(x.run(open_command(session_of("s"))));
  CHECK(!x.run(open_command(session_of("s"))));
}

TEST_CASE("user_session: neither renewed nor bound after its end (U1)") {
  session_world x;
  auto s = session_of("s");
  CHECK(!x.run(renew_command(s)));
  CHECK(!x.put_bound(s, "/a", "1"));
  CHECK(x.run(open_command(s)));
  CHECK(x.run(renew_command(s)));
  CHECK(x.put_bound(s, "/a", "1"));
  CHECK(x.run(end_command(s, {{"/a", "1"}})));
  CHECK(!x.find("/a"));
  CHECK(!x.run(open_command(s))); // until it is settled
  CHECK(!x.run(renew_command(s)));
  CHECK(!x.put_bound(s, "/a", "1"));
}

TEST_CASE("user_session: another one of the same id is not renewed") {
  session_world x;
  auto other = session_of("s");
  other.label = "other";
  CHECK(x.run(open_command(other)));
  CHECK(!x.run(renew_command(session_of("s"))));
}

TEST_CASE("user_session: what cannot be bound is said") {
  auto s = session_of("s");
  command x;
  CHECK(!bind(x, s)); // nothing is put
  x.operations = {{operation_kind::put, "/a", std::string(16 * 1024, 'x')}};
  CHECK(bind(x, s));
  x = {};
  x.operations = {{operation_kind::put, "/a", std::string(16 * 1024 + 1, 'x')}};
  CHECK(!bind(x, s));
  x = {};
  x.operations = {{operation_kind::put, "/sessions/t", "x"}};
  CHECK(!bind(x, s));
  x = {};
  x.operations = {{operation_kind::put, "/" + std::string(1020, 'k'), "x"}};
  CHECK(!bind(x, s));
  x = {};
  x.operations = {{operation_kind::put, "/a", "x"}};
  x.otherwise = {{operation_kind::put, "/b", "x"}};
  CHECK(!bind(x, s));
}
