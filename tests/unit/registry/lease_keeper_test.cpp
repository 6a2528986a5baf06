// SPDX-License-Identifier: Apache-2.0
#include "registry/lease_keeper.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A granter G and a holder H with the default leases (2 s, held 1.8 s).
struct pair_fixture {
  const peer g{machine_id{"g"}, incarnation{1}};
  const peer h{machine_id{"h"}, incarnation{1}};
  const cover copy{shard_id{0}, cover_kind::copy, term{5}, session{1}};
  const cover authority{shard_id{0}, cover_kind::authority, term{5}, {}};
  lease_keeper granter{g.id, g.run, {}};
  lease_keeper holder{h.id, h.run, {}};
  boot_time start{100s};
  lease_effects seen; // at the holder

  pair_fixture() {
    holder.set_peers({g, h});
  }

  lease_request ask(nanoseconds at) {
    lease_effects out;
    holder.renew_now(g.id, start + at, out);
    return std::get<lease_request>(out.sends.at(0).what);
  }

  lease_grant grant(const lease_request& x, nanoseconds at) {
    lease_effects out;
    granter.on_request(h, x, start + at, out);
    return std::get<lease_grant>(out.sends.at(0).what);
  }

  /// @returns the end of the lease after `x`; nothing: it did not count
  std::optional<nanoseconds> apply(const lease_grant& x) {
    seen = {};
    holder.on_grant(g, x, start + 10s, seen);
    if (seen.news.empty())
      return std::nullopt;
    return seen.news[0].end - start;
  }

  /// G relies on nobody for shard 0 of term 5.
  void lone_authority() {
    lease_effects out;
    granter.require(shard_id{0}, term{5}, 1, {}, {}, out);
  }
};

} // namespace

TEST_CASE("leases: the holder counts from before it asked (T2)") {
  pair_fixture x;
  auto request = x.ask(0s);
  CHECK(x.apply(x.grant(request, 1s)) == 1800ms);
}

TEST_CASE("leases: an answer counts once and not after a later one (T2)") {
  pair_fixture x;
  auto first = x.ask(0s);
  auto second = x.ask(500ms);
  auto late = x.grant(first, 600ms);
  auto answer = x.grant(second, 600ms);
  CHECK(x.apply(answer) == 2300ms);
  CHECK_FALSE(x.apply(late));
  CHECK_FALSE(x.apply(answer));
}

TEST_CASE("leases: an answer to a former registration does not count (T2)") {
  pair_fixture x;
  auto late = x.grant(x.ask(0s), 0s);
  x.holder.set_peers({});
  x.holder.set_peers({x.g});
  x.ask(5s);
  CHECK_FALSE(x.apply(late));
}

TEST_CASE("leases: what is covered is decided at the grant (T3)") {
  pair_fixture x;
  x.granter.start_covering(x.h, x.copy);
  CHECK(x.grant(x.ask(0s), 0s).covers.empty()); // not the primary
  x.lone_authority();
  CHECK(x.grant(x.ask(0s), 0s).covers == std::vector{x.copy});
  x.granter.release(shard_id{0});
  CHECK(x.grant(x.ask(0s), 0s).covers.empty());
}

TEST_CASE("leases: a primary covers only while its own leases live (T3)") {
  pair_fixture x;
  lease_effects out;
  x.holder.start_covering(x.g, {shard_id{0}, cover_kind::copy, term{5}, {}});
  x.holder.require(shard_id{0}, term{5}, 1, {x.g}, {}, out);
  x.granter.start_covering(x.h, x.authority);
  x.apply(x.grant(x.ask(0s), 0s));
  CHECK(x.seen.authorities.at(0).until == x.start + 1800ms);
  auto covers_at = [&](nanoseconds at) {
    lease_effects answer;
    x.holder.on_request(x.g, {1, x.h.run, 99}, x.start + at, answer);
    return std::get<lease_grant>(answer.sends.at(0).what).covers.size();
  };
  CHECK(covers_at(1799ms) == 1);
  CHECK(covers_at(1800ms) == 0);
}

TEST_CASE("leases: an unchanged list costs one number") {
  pair_fixture x;
  x.granter.start_covering(x.h, x.authority);
  x.apply(x.grant(x.ask(0s), 0s));
  auto again = x.grant(x.ask(500ms), 500ms);
  CHECK(again.unchanged);
  CHECK(x.apply(again) == 2300ms);
  CHECK(x.seen.news[0].held == std::vector{x.authority});
}

TEST_CASE("leases: a list after a forgotten one is a new one (T3)") {
  pair_fixture x;
  x.apply(x.grant(x.ask(0s), 0s)); // covers nothing
  lease_effects out;
  x.granter.on_tick(x.start + 3s, out); // the holder is not registered: over
  REQUIRE(x.granter.holder_count() == 0);
  x.granter.start_covering(x.h, x.authority);
  REQUIRE(x.apply(x.grant(x.ask(3s), 3s)));
  CHECK(x.seen.news[0].held == std::vector{x.authority});
}

TEST_CASE("leases: what a newer grant does not name is lost (T3)") {
  pair_fixture x;
  x.granter.start_covering(x.h, x.authority);
  x.apply(x.grant(x.ask(0s), 0s));
  x.granter.stop_covering(x.h, x.authority);
  x.apply(x.grant(x.ask(500ms), 500ms));
  CHECK(x.seen.news.at(0).lost == std::vector{x.authority});
  CHECK(x.seen.news.at(0).held.empty());
}

TEST_CASE("leases: the end of a slot outlives its sessions") {
  pair_fixture x;
  x.lone_authority();
  x.granter.start_covering(x.h, x.copy);
  x.grant(x.ask(0s), 0s);
  CHECK(x.granter.stop_covering(x.h, x.copy).until == x.start + 2s);
  auto next = x.copy;
  next.in = session{2};
  x.granter.start_covering(x.h, next);
  CHECK(x.granter.stop_covering(x.h, next).until == x.start + 2s);
  CHECK(x.granter.stop_covering(x.g, next).until == boot_time{});
}

TEST_CASE("leases: another incarnation is not answered and not believed") {
  pair_fixture x;
  lease_effects out;
  auto request = x.ask(0s);
  request.to = incarnation{2};
  x.granter.on_request(x.h, request, x.start, out);
  CHECK(out.sends.empty());
  auto grant = x.grant(x.ask(0s), 0s);
  grant.to = incarnation{2};
  CHECK_FALSE(x.apply(grant));
}

TEST_CASE("leases: an incarnation that is gone is forgotten (D4)") {
  pair_fixture x;
  x.lone_authority();
  x.granter.start_covering(x.h, x.copy);
  x.grant(x.ask(0s), 0s);
  lease_effects out;
  x.granter.on_tick(x.start + 10s, out);
  CHECK(x.granter.holder_count() == 1); // it is covered still
  CHECK(x.granter.stop_covering(x.h, x.copy).until == x.start + 2s);
  x.granter.on_tick(x.start + 1s, out);
  CHECK(x.granter.holder_count() == 1); // its lease is not over
  x.granter.on_tick(x.start + 2s, out);
  CHECK(x.granter.holder_count() == 0);
}

TEST_CASE("leases: nothing is held of a granter whose clock runs away (T2)") {
  pair_fixture x;
  x.granter.start_covering(x.h, x.copy);
  x.lone_authority();
  // The granter's clock runs twice as fast: it will wait half as long as the
  // holder believes.
  auto renew = [&x](nanoseconds own, nanoseconds theirs) {
    lease_effects asked;
    x.holder.renew_now(x.g.id, x.start + own, asked);
    auto request = std::get<lease_request>(asked.sends.at(0).what);
    x.seen = {};
    x.holder.on_grant(x.g, x.grant(request, theirs), x.start + own + 1ms,
                      x.seen);
  };
  renew(0s, 0s);
  REQUIRE(x.seen.news.at(0).held.size() == 1);
  renew(500ms, 1s);
  REQUIRE(x.seen.rates.size() == 1);
  CHECK_FALSE(x.seen.rates[0].agrees);
  CHECK(x.seen.news.at(0).held.empty());
  CHECK(x.seen.news.at(0).lost.size() == 1);
  CHECK(x.seen.news.at(0).end < x.start);

  // Close again, but not yet for long.
  renew(1s, 1500ms);
  CHECK(x.seen.news.at(0).held.empty());
  renew(6s, 6500ms);
  REQUIRE(x.seen.rates.size() == 1);
  CHECK(x.seen.rates[0].agrees);
  CHECK(x.seen.news.at(0).held.size() == 1);
}

TEST_CASE("leases: a clock that most others contradict is the wrong one (T2)") {
  const peer others[] = {{machine_id{"a"}, incarnation{1}},
                         {machine_id{"b"}, incarnation{1}},
                         {machine_id{"c"}, incarnation{1}}};
  lease_keeper keeper{machine_id{"h"}, incarnation{1}, {}};
  keeper.set_peers({others, others + 3});
  std::optional<bool> told;
  // Who answers, and how fast its clock runs against the own one.
  auto exchange = [&](const peer& from, boot_time now, int rate) {
    lease_effects out;
    keeper.renew_now(from.id, now, out);
    auto asked = std::get<lease_request>(out.sends.at(0).what);
    auto clock = now.time_since_epoch().count() * rate;
    keeper.on_grant(from, {asked.number, incarnation{1}, 0, true, {}, clock},
                    now + 1ms, out);
    keeper.on_tick(now + 1ms, out);
    if (out.own_clock_doubted)
      told = out.own_clock_doubted;
  };
  boot_time start{100s};
  for (auto at : {0s, 1s, 2s})
    for (auto& from : others)
      exchange(from, start + at, from.id == others[0].id ? 2 : 1);
  CHECK_FALSE(keeper.trusts_clock_of(others[0]));
  CHECK(keeper.trusts_clock_of(others[1]));
  CHECK_FALSE(told); // one of three: that one is wrong
  for (auto at : {3s, 4s, 5s})
    for (auto& from : others)
      exchange(from, start + at, 2);
  CHECK(told == true);
  CHECK(keeper.doubts_own_clock());
  CHECK(keeper.trusts_clock_of(others[0]));
}

namespace {

/// A home, a switch with a copy of shard 0, and a leaf behind it.
struct rack_fixture {
  const peer home{machine_id{"home"}, incarnation{1}};
  const peer s{machine_id{"s"}, incarnation{2}};
  const peer leaf{machine_id{"leaf"}, incarnation{3}};
  const cover own{shard_id{0}, cover_kind::copy, term{5}, session{7}};
  const cover behind{shard_id{0}, cover_kind::copy, term{5}, session{1}};
  lease_keeper at_home{home.id, home.run, {}};
  lease_keeper at_switch{s.id, s.run, {}};
  lease_keeper at_leaf{leaf.id, leaf.run, {}};
  boot_time start{100s};

  rack_fixture() {
    at_switch.set_peers({home, leaf});
    at_leaf.set_peers({s});
    lease_effects out;
    at_home.require(shard_id{0}, term{5}, 1, {}, {}, out);
    at_home.start_covering(s, own);
  }

  /// One renewal of `holder` at `granter`.
  lease_effects renew(lease_keeper& granter, const peer& g,
                      lease_keeper& holder, const peer& h, nanoseconds at) {
    lease_effects asked;
    lease_effects answered;
    lease_effects applied;
    holder.renew_now(g.id, start + at, asked);
    granter.on_request(h, std::get<lease_request>(asked.sends.at(0).what),
                       start + at, answered);
    holder.on_grant(g, std::get<lease_grant>(answered.sends.at(0).what),
                    start + at, applied);
    return applied;
  }

  void renew_switch(nanoseconds at) {
    renew(at_home, home, at_switch, s, at);
  }

  /// The end of the leaf's lease of the shard; nothing: it has none.
  std::optional<nanoseconds> renew_leaf(nanoseconds at) {
    for (auto& news : renew(at_switch, s, at_leaf, leaf, at).news)
      for (auto& what : news.held)
        if (what == behind)
          return news.end - start;
    return std::nullopt;
  }
};

} // namespace

TEST_CASE("leases: a switch grants no more than 0.9 of its own (S2)") {
  rack_fixture x;
  x.renew_switch(0s); // until 1800 ms
  x.at_switch.start_covering(x.leaf, x.behind, {x.home, session{7}});
  CHECK(x.renew_leaf(0s) == 1458ms); // 0.9 of the granted 1620 ms
  CHECK(x.renew_leaf(800ms) == 800ms + 810ms);
  auto until = x.at_switch.stop_covering(x.leaf, x.behind).until;
  CHECK(until == x.start + 1700ms);
}

TEST_CASE("leases: a switch without a lease of its own grants none (S2)") {
  rack_fixture x;
  x.at_switch.start_covering(x.leaf, x.behind, {x.home, session{7}});
  CHECK_FALSE(x.renew_leaf(0s));
  x.renew_switch(0s);
  CHECK(x.renew_leaf(0s));
  CHECK_FALSE(x.renew_leaf(1800ms));
}

TEST_CASE("leases: a switch's lease of another session is none (S2, T4)") {
  rack_fixture x;
  x.at_switch.start_covering(x.leaf, x.behind, {x.home, session{6}});
  x.renew_switch(0s);
  CHECK_FALSE(x.renew_leaf(0s));
}

TEST_CASE("leases: what is not limited keeps its full length beside S2") {
  rack_fixture x;
  const cover authority{shard_id{3}, cover_kind::authority, term{5}, {}};
  x.renew_switch(0s);
  x.at_switch.start_covering(x.leaf, x.behind, {x.home, session{7}});
  x.at_switch.start_covering(x.leaf, authority);
  auto news = x.renew(x.at_switch, x.s, x.at_leaf, x.leaf, 0s).news;
  REQUIRE(news.size() == 2);
  CHECK(news[0].held == std::vector{authority});
  CHECK(news[0].end == x.start + 1800ms);
  CHECK(news[1].held == std::vector{x.behind});
}

TEST_CASE("leases: a limit says no more than the pair's lease (S2)") {
  rack_fixture x;
  lease_effects asked;
  lease_effects out;
  x.at_leaf.renew_now(x.s.id, x.start, asked);
  auto& request = std::get<lease_request>(asked.sends.at(0).what);
  lease_grant answer{request.number,
                     x.leaf.run,
                     1,
                     false,
                     {x.behind},
                     0,
                     {{shard_id{0}, INT64_MAX}}};
  x.at_leaf.on_grant(x.s, answer, x.start, out);
  REQUIRE(out.news.size() == 2);
  CHECK(out.news[1].end == x.start + 1800ms);
}
