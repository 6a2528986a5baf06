// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/event_queue.hpp"

#include <catch2/catch.hpp>

using namespace muster::http;

namespace {

struct fixture {
  event_queue uut{100};
  int wakes = 0;
  std::string taken;

  fixture() {
    uut.on_wake([this] { ++wakes; });
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "event_queue: one wake for a burst") {
  uut.push("change", "1:1", "{}");
  uut.push("change", "1:2", "{}");
  CHECK(wakes == 1);
  REQUIRE(uut.take(taken));
  CHECK(taken
        == "event: change\nid: 1:1\ndata: {}\n\n"
           "event: change\nid: 1:2\ndata: {}\n\n");
  CHECK_FALSE(uut.take(taken));
  uut.push("change", "1:3", "{}");
  CHECK(wakes == 2);
}

TEST_CASE_METHOD(fixture, "event_queue: a slow watcher is cut at the limit") {
  uut.push("change", "1:1", std::string(80, 'x'));
  uut.push("change", "1:2", std::string(80, 'x'));
  uut.push("change", "1:3", "{}");
  CHECK_FALSE(uut.finished());
  REQUIRE(uut.take(taken));
  CHECK(taken.find("1:1") != std::string::npos);
  CHECK(taken.find("1:2") == std::string::npos);
  CHECK(taken.find("1:3") == std::string::npos);
  CHECK(taken.find("event: cut\ndata: {\"code\":\"overloaded\"")
        != std::string::npos);
  CHECK(uut.finished());
}

TEST_CASE_METHOD(fixture, "event_queue: a large event passes who keeps up") {
  uut.push("change", "1:1", std::string(1000, 'x'));
  CHECK_FALSE(uut.has_room());
  REQUIRE(uut.take(taken));
  CHECK(taken.find("event: change") == 0);
  CHECK(uut.has_room());
}

TEST_CASE_METHOD(fixture, "event_queue: nothing follows a cut") {
  uut.cut("{}");
  uut.cut("{}");
  uut.push("change", "1:1", "{}");
  REQUIRE(uut.take(taken));
  CHECK(taken == "event: cut\ndata: {}\n\n");
  CHECK(uut.finished());
}
