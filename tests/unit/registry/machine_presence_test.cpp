// SPDX-License-Identifier: Apache-2.0
#include "registry/machine_presence.hpp"
#include "tests/unit/registry/session_world.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::string alive = "/machines/m3/alive";

struct present_machine : session_world {
  machine_presence core{peer{machine_id{"m3"}, incarnation{7}}, "host:1",
                        presence_options{}};

  /// Its commands are carried out, as the keeper's are.
  void live(nanoseconds x) {
    for (auto end = now + x; now < end;) {
      pass(500ms);
      if (auto sent = core.on_tick(now))
        core.on_answer(run(sent->what) ? outcome::committed : outcome::refused,
                       {}, now);
    }
  }
};

} // namespace

TEST_CASE("machine_presence: the record is there while the machine is") {
  present_machine x;
  x.live(60s);
  REQUIRE(x.find(alive));
  CHECK(x.find(alive)->value
        == R"({"address":"host:1","incarnation":7,"session":"m3.7.1"})");
  x.pass(12s);
  CHECK(x.records.empty());
}

TEST_CASE("machine_presence: it renews three times in its time to live") {
  present_machine x;
  x.live(1s);
  auto before = x.last;
  x.live(10s);
  CHECK(x.last.value - before.value == 3);
}

TEST_CASE("machine_presence: another session follows one that has ended") {
  present_machine x;
  x.live(5s);
  x.pass(20s); // it was paused
  CHECK(x.records.empty());
  x.live(1s);
  CHECK(x.find(alive));
}

TEST_CASE("machine_presence: an opening is asked for until it is decided") {
  present_machine x;
  auto first = x.core.on_tick(x.now);
  REQUIRE(first);
  x.core.on_answer(outcome::unknown, sequence{5}, x.now);
  CHECK(!x.core.on_tick(x.now)); // after a pause
  x.now += 1s;
  auto again = x.core.on_tick(x.now);
  REQUIRE(again);
  CHECK(is_client_id(again->what.id));
  CHECK(again->what.id == first->what.id);
  CHECK(again->born == sequence{5});
}

TEST_CASE("machine_presence: another session has another id and value") {
  present_machine x;
  auto first = x.core.on_tick(x.now);
  x.core.on_answer(outcome::refused, {}, x.now);
  auto second = x.core.on_tick(x.now);
  REQUIRE(second);
  CHECK(first->what.id != second->what.id);
  // The first one was opened all the same: its end does not take the record.
  REQUIRE(x.run(first->what));
  REQUIRE(x.run(second->what));
  x.core.on_answer(outcome::committed, {}, x.now);
  x.live(30s);
  CHECK(x.find(alive));
}

TEST_CASE("machine_presence: a farewell ends it at once") {
  present_machine x;
  x.live(1s);
  auto last = x.core.farewell();
  REQUIRE(last);
  CHECK(x.run(*last));
  CHECK(!x.find(alive));
  x.live(20s);
  CHECK(x.records.empty());
}

TEST_CASE("machine_presence: switched off, it says nothing") {
  machine_presence off{peer{machine_id{"m3"}, incarnation{7}}, "host:1",
                       presence_options{0s, 1s}};
  CHECK(!off.on_tick(boot_time{100s}));
}

TEST_CASE("machine_presence: an opening without an outcome is given up") {
  present_machine x;
  std::set<std::string> ids;
  for (int i = 0; i < 11; ++i) {
    auto sent = x.core.on_tick(x.now);
    REQUIRE(sent);
    ids.insert(sent->what.id.value);
    x.core.on_answer(outcome::unknown, {}, x.now);
    x.now += 1s;
  }
  CHECK(ids.size() == 2);
}
