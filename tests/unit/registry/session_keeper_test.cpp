// SPDX-License-Identifier: Apache-2.0
#include "registry/session_keeper.hpp"
#include "tests/unit/registry/session_world.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A session with some bound records.
struct opened : session_world {
  user_session mine = session_of("s");

  explicit opened(size_t bound_count = 2) {
    REQUIRE(run(open_command(mine)));
    for (size_t i = 0; i < bound_count; ++i)
      REQUIRE(put_bound(mine, key(i), "mine"));
  }

  static std::string key(size_t i) {
    return "/k/" + std::to_string(i);
  }
};

} // namespace

TEST_CASE("session_keeper: a session that is not renewed ends by one command") {
  opened x;
  x.pass(9s);
  CHECK(x.find("/k/0"));
  x.look();
  x.now += 10s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  x.obey();
  CHECK(!x.find("/k/0"));
  CHECK(!x.find("/k/1"));
  x.pass(1s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: what is bound at the last moment vanishes too") {
  opened x;
  x.look();
  x.now += 11s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  REQUIRE(x.put_bound(x.mine, "/k/late", "mine"));
  x.obey();
  x.pass(2s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: an id is taken until its end is settled") {
  opened x;
  REQUIRE(x.put("/k/1", "theirs"));
  REQUIRE(x.run(end_head_command(x.mine)));
  CHECK(!x.run(open_command(x.mine)));
  x.pass(3s);
  CHECK(x.run(open_command(x.mine)));
  CHECK(!x.find("/k/0"));
  CHECK(x.find("/k/1"));
}

TEST_CASE("session_keeper: a session that is renewed lives") {
  opened x;
  for (int i = 0; i < 10; ++i) {
    x.pass(8s);
    REQUIRE(x.run(renew_command(x.mine)));
  }
  CHECK(x.find("/k/0"));
  CHECK(x.keeper.session_count() == 1);
}

TEST_CASE("session_keeper: a renewal after the look is not overlooked (U1)") {
  opened x;
  x.look();
  x.now += 11s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  REQUIRE(x.run(renew_command(x.mine)));
  x.obey();
  CHECK(x.find(session_key("s")));
  x.pass(9s);
  CHECK(x.find("/k/0"));
  x.pass(3s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: what another has written stays (U2)") {
  opened x;
  REQUIRE(x.put("/k/1", "theirs"));
  x.pass(15s);
  REQUIRE(x.records.size() == 1);
  CHECK(x.find("/k/1")->value == "theirs");
}

TEST_CASE("session_keeper: a bound record that was deleted is no hindrance") {
  opened x;
  command gone;
  gone.operations = {{operation_kind::erase, "/k/0", {}}};
  REQUIRE(x.run(gone));
  x.pass(15s);
  CHECK(x.records.empty());
}

TEST_CASE(
  "session_keeper: as many as fit vanish at once, more piece by piece") {
  opened at_once{bound_at_once_max};
  at_once.look();
  at_once.now += 11s;
  at_once.look();
  REQUIRE(at_once.wanted.size() == 1);
  auto whole = at_once.wanted[0].what;
  whole.id = command_id{"m1.1.1"};
  CHECK(check_command(whole, 1));
  at_once.obey();
  CHECK(at_once.records.size() == 1); // the head
  at_once.pass(1s);
  CHECK(at_once.records.empty());
  opened many{bound_at_once_max + 1};
  many.pass(80s);
  CHECK(many.records.empty());
}

TEST_CASE("session_keeper: a new home counts anew and settles what is left") {
  opened x;
  x.pass(9s);
  x.keeper.on_stopped();
  x.pass(9s);
  CHECK(x.find("/k/0"));
  // It has ended, and with it the home.
  REQUIRE(x.run(end_head_command(x.mine)));
  x.keeper = session_keeper{session_keeper_options{}};
  x.pass(2s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: an end that is not answered is not sent again") {
  opened x;
  x.look();
  x.now += 11s;
  x.look();
  x.look();
  CHECK(x.wanted.size() == 1);
  x.keeper.on_answer(x.wanted[0].number, false, false, x.now);
  x.look();
  CHECK(x.wanted.size() == 1); // after a pause
  x.now += 1s;
  x.look();
  CHECK(x.wanted.size() == 2);
}

TEST_CASE("session_keeper: not more ends at a time than are allowed") {
  session_world x;
  for (int i = 0; i < 40; ++i)
    REQUIRE(x.run(open_command(session_of("s" + std::to_string(i)))));
  x.look();
  x.now += 11s;
  x.look();
  CHECK(x.wanted.size() == session_keeper_options{}.open_max);
  x.pass(2s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: other records are not its business") {
  session_world x;
  REQUIRE(x.put("/sessionsx/a", "1"));
  REQUIRE(x.put("/a", "1"));
  REQUIRE(x.put("/sessions/alice/cart", "1"));
  REQUIRE(x.put("/sessions/bob", "1"));
  x.pass(60s);
  CHECK(x.records.size() == 4);
}

TEST_CASE("session_keeper: a shard that is away holds up its records only") {
  opened x{3};
  REQUIRE(x.run(end_head_command(x.mine)));
  x.look();
  REQUIRE(x.wanted.size() == 3);
  auto away = x.wanted[0];
  x.wanted.erase(x.wanted.begin());
  x.obey();
  x.keeper.on_answer(away.number, false, false, x.now);
  x.look();
  CHECK(x.wanted.empty()); // after a pause
  CHECK(x.find("/k/0"));
  CHECK(!x.find("/k/1"));
  CHECK(!x.find("/k/2"));
  x.pass(3s);
  CHECK(x.records.empty());
}

TEST_CASE("session_keeper: an end at once that fails goes on piece by piece") {
  opened x;
  x.look();
  x.now += 11s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  x.keeper.on_answer(x.wanted[0].number, false, false, x.now);
  x.wanted.clear();
  x.now += 1s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  CHECK(x.wanted[0].what.operations.size() == 2); // the session's own records
}

TEST_CASE("session_keeper: a late end is no end of the next session (U1, U2)") {
  opened x;
  x.look();
  x.now += 11s;
  x.look();
  REQUIRE(x.wanted.size() == 1);
  auto late = std::exchange(x.wanted, {});
  // Its owner ended it meanwhile, and opened another one of that name.
  REQUIRE(x.run(end_head_command(x.mine)));
  x.look();
  REQUIRE(x.wanted.size() == 2); // a bound record each
  late.insert(late.end(), x.wanted.begin(), x.wanted.end());
  x.keeper = session_keeper{session_keeper_options{}}; // another home settles
  x.wanted.clear();
  x.pass(3s);
  REQUIRE(x.records.empty());
  REQUIRE(x.run(open_command(x.mine)));
  REQUIRE(x.put_bound(x.mine, "/k/0", "mine"));
  REQUIRE(x.put_bound(x.mine, "/k/1", "mine"));
  for (auto& each : late)
    CHECK(!x.run(each.what));
  CHECK(x.find("/k/0"));
  CHECK(x.find("/k/1"));
}
