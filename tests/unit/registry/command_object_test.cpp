// SPDX-License-Identifier: Apache-2.0
#include "registry/command_object.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

/// A command at its origin m1, whose home m2 has forgotten ids.
struct forgotten {
  command_object core{command_object_options{}};
  assignment home;
  command_object::sends sent;
  boot_time now{std::chrono::seconds{100}};
  sequence known;

  forgotten() {
    home.primary = machine_id{"m2"};
    home.in_sync = {{machine_id{"m2"}, store_id{2}}};
  }

  command_object::surroundings where() {
    command_object::surroundings out;
    out.self = peer{machine_id{"m1"}, incarnation{1}};
    out.home = &home;
    out.known = known;
    out.address = [](const machine_id&) { return std::string{}; };
    return out;
  }

  void begin(const std::string& id, uint64_t born) {
    command what;
    what.id = command_id{id};
    what.operations.push_back({operation_kind::put, "/a", "1"});
    sent.clear();
    core.start({what, shard_id{0}, 1, sequence{born},
                now + std::chrono::seconds{5}},
               where(), now, sent);
  }

  verdict first_verdict() const {
    verdict x;
    x.id = core.id();
    x.attempt = 1;
    return x;
  }

  std::optional<command_answer> decided(outcome what) {
    auto x = first_verdict();
    x.what = what;
    x.id_reused = what == outcome::refused;
    return core.on_verdict(x, now);
  }

  /// The first attempt is answered: born below the floor.
  std::optional<command_answer> answered(const std::string& id, uint64_t born) {
    begin(id, born);
    auto x = first_verdict();
    x.what = outcome::unknown;
    x.below_floor = true;
    x.reached = sequence{7};
    return core.on_verdict(x, now);
  }

  bool tries_again() {
    sent.clear();
    core.on_tick(where(), now + std::chrono::seconds{1}, sent);
    return sent.size() == 1 && sent[0].second.born == sequence{7};
  }
};

} // namespace

TEST_CASE("command_object: a client that tells no birth is tried anew (C3)") {
  forgotten x;
  CHECK(!x.answered("=job", 0));
  CHECK(x.tries_again());
}

TEST_CASE("command_object: a client's answer tells what its origin knew (C3)") {
  forgotten x;
  x.known = sequence{5};
  x.begin("=job", 0);
  CHECK(x.sent[0].second.born == sequence{5});
  CHECK(x.decided(outcome::committed)->born == sequence{5});
  x.begin("=job", 3);
  CHECK(x.decided(outcome::committed)->born == sequence{3});
}

TEST_CASE("command_object: what its origin knew may be below the floor") {
  forgotten x;
  x.known = sequence{5};
  CHECK(!x.answered("=job", 0));
  CHECK(x.tries_again());
}

TEST_CASE("command_object: a reused id is a refusal that says so") {
  forgotten x;
  x.begin("=job", 0);
  auto got = x.decided(outcome::refused);
  REQUIRE(got);
  CHECK(got->what == outcome::refused);
  CHECK(got->id_reused);
}

TEST_CASE("command_object: one in flight tells how long it has taken") {
  forgotten x;
  x.begin("m1.1.1", 0);
  CHECK(x.core.told().duration_ns == -1);
  auto told = x.core.told_at(x.now + std::chrono::seconds{2});
  CHECK(told.what == outcome::pending);
  CHECK(told.duration_ns == 2'000'000'000);
}

TEST_CASE("command_object: a client's id from before the floor stays unknown") {
  forgotten x;
  auto got = x.answered("=job", 3);
  REQUIRE(got);
  CHECK(got->what == outcome::unknown);
}

TEST_CASE("command_object: a shard that has moved is asked at its new home") {
  forgotten x;
  x.begin("m1.1.1", 0);
  auto soon = x.now + std::chrono::milliseconds{50};
  x.sent.clear();
  x.core.on_tick(x.where(), soon, x.sent);
  CHECK(x.sent.empty()); // the old home may still answer
  x.home.primary = machine_id{"m3"};
  x.core.on_tick(x.where(), soon, x.sent);
  REQUIRE(x.sent.size() == 1);
  CHECK(x.sent[0].first == machine_id{"m3"});
  CHECK(x.sent[0].second.attempt == 2);
  x.sent.clear();
  x.core.on_tick(x.where(), soon, x.sent);
  CHECK(x.sent.empty()); // asked once
}

TEST_CASE("command_object: a denial that comes twice counts once") {
  forgotten x;
  x.begin("m1.1.1", 0);
  CHECK(!x.decided(outcome::unavailable));
  CHECK(!x.decided(outcome::unavailable));
  x.core.on_tick(x.where(), x.now + std::chrono::seconds{1}, x.sent);
  REQUIRE(x.sent.size() == 2); // nobody has answered the second attempt
  auto got = x.core.on_tick(x.where(), x.now + std::chrono::seconds{5}, x.sent);
  REQUIRE(got);
  CHECK(got->what == outcome::unknown);
}
