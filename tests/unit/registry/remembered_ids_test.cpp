// SPDX-License-Identifier: Apache-2.0
#include "registry/remembered_ids.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace muster;

namespace {

/// The dumb twin: two maps.
struct twin {
  remembered_ids ids;
  std::map<std::string, sequence> known;
  std::map<sequence, std::string> order;
  uint64_t next = 1;

  void add() {
    auto id = "m1.1." + std::to_string(next);
    auto at = sequence{next};
    next += 1 + next % 3; // a forgetting entry remembers nothing
    ids.add(id, {outcome::committed, 0, false, at, {}});
    known[id] = at;
    order[at] = id;
  }

  void forget(sequence floor) {
    ids.forget_upto(floor);
    while (!order.empty() && order.begin()->first <= floor) {
      known.erase(order.begin()->second);
      order.erase(order.begin());
    }
  }

  void compare() const {
    ids.check_invariants();
    REQUIRE(ids.size() == known.size());
    for (uint64_t n = 1; n < next; ++n) {
      auto found = ids.find("m1.1." + std::to_string(n));
      auto i = known.find("m1.1." + std::to_string(n));
      REQUIRE((found != nullptr) == (i != known.end()));
      if (found)
        REQUIRE(found->at == i->second);
    }
  }
};

} // namespace

TEST_CASE("remembered_ids: finds what its dumb twin finds") {
  twin x;
  std::mt19937_64 random{5};
  for (int round = 0; round < 200; ++round) {
    for (auto n = random() % 40; n > 0; --n)
      x.add();
    if (random() % 2 == 0)
      x.forget(sequence{random() % (x.next + 10)});
    x.compare();
  }
}

TEST_CASE("remembered_ids: goes through the log from a position on") {
  remembered_ids ids;
  CHECK(ids.from(sequence{1}) == ids.end());
  CHECK(!ids.newest());
  for (auto at : std::vector<uint64_t>{2, 5, 9})
    ids.add("c" + std::to_string(at),
            {outcome::refused, 0, false, sequence{at}, {}});
  CHECK(ids.from(sequence{1})->what.at == sequence{2});
  CHECK(ids.from(sequence{3})->id == "c5");
  CHECK(ids.from(sequence{10}) == ids.end());
  CHECK(*ids.newest() == sequence{9});
}

TEST_CASE("remembered_ids: forgets everything and begins anew") {
  remembered_ids ids;
  for (uint64_t at = 1; at <= 100; ++at)
    ids.add(std::to_string(at),
            {outcome::committed, 0, false, sequence{at}, {}});
  ids.forget_upto(sequence{100});
  CHECK(ids.size() == 0);
  CHECK(ids.find("7") == nullptr);
  ids.add("7", {outcome::committed, 0, false, sequence{101}, {}});
  CHECK(ids.find("7")->at == sequence{101});
  ids.check_invariants();
}
