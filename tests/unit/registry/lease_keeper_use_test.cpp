// SPDX-License-Identifier: Apache-2.0

// Which leases are renewed often.

#include "registry/lease_keeper.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A machine h with two granters a and b, neither of which judges its clock.
struct crowd_fixture {
  const peer a{machine_id{"a"}, incarnation{1}};
  const peer b{machine_id{"b"}, incarnation{2}};
  const cover copy{shard_id{0}, cover_kind::copy, term{5}, session{1}};
  const cover authority{shard_id{0}, cover_kind::authority, term{5}, {}};
  lease_keeper h;
  boot_time now{100s};
  /// What each granter covers.
  std::map<machine_id, std::vector<cover>> covers;
  std::map<machine_id, uint64_t> versions;
  /// How fast each granter's clock runs; 1 if it is not named.
  std::map<machine_id, int> rates;
  lease_effects out;

  explicit crowd_fixture(size_t witnesses = 0, machine_id followed = {})
    : h(machine_id{"h"}, incarnation{9}, options(witnesses),
        std::move(followed)) {
    h.set_peers({a, b});
  }

  static lease_options options(size_t witnesses) {
    lease_options x;
    x.witnesses = witnesses;
    return x;
  }

  void answer(const lease_effects::send& x) {
    auto& request = std::get<lease_request>(x.what);
    auto clock = now.time_since_epoch().count()
                 * (rates.count(x.to) > 0 ? rates[x.to] : 1);
    h.on_grant({x.to, request.to},
               {request.number, incarnation{9}, ++versions[x.to], false,
                covers[x.to], clock},
               now, out);
  }

  /// Ticks for so long. @returns how often each granter was asked
  std::map<machine_id, int> run(nanoseconds length) {
    std::map<machine_id, int> asked;
    for (auto end = now + length; now < end; now += 50ms) {
      out = {};
      h.on_tick(now, out);
      auto sends = std::move(out.sends);
      for (auto& x : sends) {
        ++asked[x.to];
        answer(x);
      }
    }
    return asked;
  }
};

} // namespace

TEST_CASE("leases: what covers nothing is renewed now and then") {
  crowd_fixture x;
  CHECK(x.run(100ms)[x.a.id] == 1); // a new granter at once
  auto asked = x.run(60s);
  CHECK(asked[x.a.id] >= 5);
  CHECK(asked[x.a.id] <= 8);
}

TEST_CASE("leases: idle ones are not renewed all at once") {
  crowd_fixture x;
  std::vector<peer> many;
  for (int i = 0; i < 64; ++i)
    many.push_back({machine_id{"x" + std::to_string(i)}, incarnation{1}});
  x.h.set_peers(many);
  x.run(5s); // all of them
  size_t most = 0;
  size_t all = 0;
  for (int i = 0; i < 600; ++i) {
    size_t now = 0;
    for (auto& [who, count] : x.run(50ms))
      now += static_cast<size_t>(count);
    most = std::max(most, now);
    all += now;
  }
  CHECK(all >= 64 * 3);
  CHECK(most <= 16);
}

TEST_CASE("leases: what covers something is renewed often (T2)") {
  crowd_fixture x;
  x.covers[x.a.id] = {x.copy};
  auto asked = x.run(10s);
  CHECK(asked[x.a.id] >= 19);
  CHECK(asked[x.b.id] <= 2);
  x.covers[x.a.id].clear();
  x.run(1s);
  CHECK(x.run(10s)[x.a.id] <= 2); // not any more
}

TEST_CASE("leases: one that is needed now is asked for at once") {
  crowd_fixture x;
  x.run(3s);
  x.out = {};
  x.h.renew_now(x.a.id, x.now, x.out);
  CHECK(x.out.sends.size() == 1);
}

TEST_CASE("leases: what a primary relies on is renewed often (T3)") {
  crowd_fixture x;
  x.run(3s);
  x.h.require(shard_id{0}, term{5}, 1, {x.a}, {x.b}, x.out);
  auto first = x.run(100ms); // and the aspirant's (M4)
  CHECK(first[x.a.id] == 1);
  CHECK(first[x.b.id] == 1);
  CHECK(x.run(10s)[x.b.id] >= 19);
  x.h.require(shard_id{0}, term{5}, 2, {x.a}, {}, x.out);
  CHECK(x.run(10s)[x.b.id] <= 2);
  x.h.release(shard_id{0});
  CHECK(x.run(10s)[x.a.id] <= 2);
}

TEST_CASE("leases: a backup hears its primary all the time (T3)") {
  crowd_fixture x;
  x.run(3s);
  x.h.start_covering(x.a, x.authority);
  x.h.start_covering(x.b, x.copy); // a holder grants its home nothing
  auto asked = x.run(10s);
  CHECK(asked[x.a.id] >= 19);
  CHECK(asked[x.b.id] <= 2);
  x.h.stop_covering(x.a, x.authority);
  CHECK(x.run(10s)[x.a.id] <= 2);
}

TEST_CASE("leases: a clock that runs away is looked at often (T2)") {
  crowd_fixture x;
  x.rates[x.a.id] = 2;
  x.run(20s);
  REQUIRE_FALSE(x.h.trusts_clock_of(x.a));
  CHECK(x.run(10s)[x.a.id] >= 19);
}

TEST_CASE("leases: some are renewed often for their clocks alone (T2)") {
  crowd_fixture x{1};
  auto asked = x.run(10s);
  CHECK(asked[x.a.id] >= 19); // the next one in the ring
  CHECK(asked[x.b.id] <= 2);
}

TEST_CASE("leases: a machine always knows whether its switch answers (3.8)") {
  crowd_fixture x{0, machine_id{"b"}};
  CHECK(x.run(10s)[x.b.id] >= 19);
}

TEST_CASE("leases: another incarnation of a granter is asked at once (T4)") {
  crowd_fixture x;
  x.run(3s);
  x.h.set_peers({{x.a.id, incarnation{5}}, x.b});
  CHECK(x.run(50ms)[x.a.id] == 1);
}
