// SPDX-License-Identifier: Apache-2.0
#include "registry/removal.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

const machine_id m1{"m1"};

cluster_facts with_member() {
  cluster_facts out;
  member m;
  m.who = {m1, incarnation{1}};
  out.members.push_back(m);
  return out;
}

} // namespace

TEST_CASE("removal: a machine that is away and empty may go") {
  CHECK(may_remove(with_member(), m1, false));
}

TEST_CASE("removal: one that is alive or holds shards only by force") {
  auto alive = with_member();
  alive.alive = {m1};
  CHECK(may_remove(alive, m1, false).failure().code == errc::in_use);
  CHECK(may_remove(alive, m1, true));
  auto holds = with_member();
  holds.shards.emplace_back().in_sync = {{m1, store_id{1}}};
  CHECK(may_remove(holds, m1, false).failure().code == errc::in_use);
  CHECK(may_remove(holds, m1, true));
}

TEST_CASE("removal: who is no member cannot be removed") {
  CHECK(may_remove({}, m1, true).failure().code == errc::not_found);
}
