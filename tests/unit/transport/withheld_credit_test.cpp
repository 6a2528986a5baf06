// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/withheld_credit.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace muster;

namespace {

struct scene {
  withheld_credit credit{100};
  std::map<std::string, size_t> given;

  void deliver(const char* from, size_t bytes, size_t backlog) {
    credit.on_delivered(machine_id{from}, bytes, backlog, give());
  }

  void tick(size_t backlog) {
    credit.on_tick(backlog, give());
  }

  std::function<void(const machine_id&, size_t)> give() {
    return [this](auto& from, size_t bytes) { given[from.value] += bytes; };
  }
};

} // namespace

TEST_CASE("withheld_credit: goes back at once at the limit") {
  scene x;
  x.deliver("m2", 10, 100);
  CHECK(x.given["m2"] == 10);
  CHECK(!x.credit.keeping());
}

TEST_CASE("withheld_credit: is kept beyond the limit, until half of it") {
  scene x;
  x.deliver("m2", 10, 101);
  x.deliver("m2", 5, 20); // later packets wait behind the first
  x.deliver("m3", 7, 200);
  x.tick(51);
  CHECK(x.given.empty());
  x.tick(50);
  CHECK(x.given["m2"] == 15);
  CHECK(x.given["m3"] == 7);
  x.tick(0);
  CHECK(x.given["m2"] == 15);
}
