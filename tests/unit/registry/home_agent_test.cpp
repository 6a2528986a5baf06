// SPDX-License-Identifier: Apache-2.0
#include "registry/home_agent.hpp"
#include "tests/unit/registry/effects.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// The agent of term 5 at `home`, and holders h1, h2. Effects gather in `out`.
struct directory {
  const peer home{machine_id{"home"}, incarnation{1}};
  const peer h1{machine_id{"h1"}, incarnation{1}};
  const peer h2{machine_id{"h2"}, incarnation{1}};
  home_agent agent{shard_id{0}, home, {}};
  boot_time now{100s};
  agent_effects out;
  uint64_t round = 0;

  directory() {
    agent.on_started({shard_id{0}, term{5}, epoch{5}});
    members({h1, h2});
  }

  void members(const std::vector<peer>& who) {
    std::vector<member> all;
    for (auto& x : who)
      all.emplace_back().who = x;
    agent.on_members(epoch{6}, all, out);
  }

  flow link(uint64_t in) const {
    return {shard_id{0}, term{5}, session{in}, home.run};
  }

  void ask(const peer& who, uint64_t in, const std::string& prefix = "/") {
    agent.on_copy_request(who, {link(in), prefix}, out);
  }

  void give(const peer& who, const std::vector<watched_entry>& undecided = {},
            const std::string& prefix = "/") {
    copy_data x{shard_id{0}, term{5}, who, prefix, true,
                sequence{1}, ++round, {},  {},     undecided};
    agent.on_copy_data(x, now, out);
  }

  /// A copy in the given session, granted.
  void hold(const peer& who, uint64_t in) {
    ask(who, in);
    give(who);
    out.clear();
  }

  watched_entry entry(uint64_t at) const {
    return {sequence{at}, command_id{"c"},     home.id, 7,
            now,          {{"/a", "v", false}}};
  }

  void prepare(uint64_t at) {
    agent.on_prepared({shard_id{0}, term{5}, {entry(at)}}, now, out);
  }

  void acknowledge(const peer& who, uint64_t in, uint64_t grant, uint64_t at) {
    agent.on_invalidate_ack(who, {link(in), grant_number{grant}, sequence{at}},
                            now, out);
  }

  void uncover(const peer& who, uint64_t in, boot_time until) {
    cover what{shard_id{0}, cover_kind::copy, term{5}, session{in}};
    agent.on_uncovered({who, what, until}, now, out);
  }

  /// Messages of one kind to anyone, so far.
  template <class T>
  std::vector<T> sent() const {
    return messages_in<T>(out);
  }

  /// The newest word to the shard; 0 = none.
  uint64_t ready() const {
    uint64_t upto = 0;
    for (auto& x : out)
      if (auto r = std::get_if<holders_ready>(&x); r && r->round == round)
        upto = r->upto.value;
    return upto;
  }

  template <class T>
  size_t count() const {
    return count_in<T>(out);
  }
};

} // namespace

TEST_CASE("agent: a first request is told its session and covered") {
  directory x;
  x.ask(x.h1, 0);
  CHECK(x.count<cover_effect>() == 1);
  REQUIRE(x.sent<copy_session>().size() == 1);
  CHECK(x.sent<copy_session>()[0].link.in == session{1});
  CHECK(x.count<copy_ask>() == 0);
}

TEST_CASE("agent: nobody unregistered is granted a copy (F1)") {
  directory x;
  x.ask({x.h1.id, incarnation{9}}, 0);
  CHECK(x.out.empty());
}

TEST_CASE("agent: an entry waits for every holder's word") {
  directory x;
  x.ask(x.h1, 0);
  x.ask(x.h2, 0);
  x.hold(x.h1, 1);
  x.hold(x.h2, 2);
  x.prepare(2);
  CHECK(x.sent<invalidate>().size() == 2);
  x.acknowledge(x.h1, 1, 1, 2);
  CHECK(x.ready() == 0);
  x.acknowledge(x.h2, 2, 2, 2);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: an acknowledgement of an older grant is none (D2)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  x.ask(x.h1, 1);
  x.give(x.h1, {x.entry(2)});
  x.acknowledge(x.h1, 1, 1, 2);
  CHECK(x.ready() < 2);
  x.acknowledge(x.h1, 1, 2, 2);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: an acknowledgement of another session is none (T4)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  x.acknowledge(x.h1, 9, 1, 2);
  x.acknowledge({x.h1.id, incarnation{2}}, 1, 1, 2);
  CHECK(x.ready() == 0);
}

TEST_CASE("agent: a holder that comes late waits with the others (D3)") {
  directory x;
  x.prepare(2);
  CHECK(x.ready() == 2);
  x.ask(x.h1, 0);
  x.ask(x.h1, 1);
  x.give(x.h1, {x.entry(2)});
  CHECK(x.sent<copy_grant>().size() == 1);
  CHECK(x.sent<invalidate>().size() == 1);
  CHECK(x.sent<enlist>().size() == 1);
  CHECK(x.ready() < 2); // a new round: what was told before is void
  x.acknowledge(x.h1, 1, 1, 2);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: a silent holder ends with its leases (T6, D4)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  x.now += 1100ms;
  x.agent.on_tick(x.now, x.out);
  REQUIRE(x.count<uncover_effect>() == 1);
  x.uncover(x.h1, 1, x.now + 1s);
  CHECK(x.ready() == 0);
  x.now += 1s;
  x.agent.on_tick(x.now, x.out);
  CHECK(x.ready() == 2);
  CHECK(x.agent.holder_count() == 0);
  x.out.clear();
  x.ask(x.h1, 1);
  REQUIRE(x.sent<copy_session>().size() == 1);
  CHECK(x.sent<copy_session>()[0].link.in == session{2});
}

TEST_CASE("agent: asking again does not postpone the end (T6)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  for (auto i = 0; i < 3; ++i) {
    x.now += 400ms;
    x.ask(x.h1, 1);
    x.give(x.h1, {x.entry(2)});
  }
  x.agent.on_tick(x.now, x.out);
  CHECK(x.count<uncover_effect>() == 1);
}

TEST_CASE("agent: a newer incarnation proves nothing about the old (D4)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  x.members({{x.h1.id, incarnation{2}}, x.h2});
  CHECK(x.count<uncover_effect>() == 1);
  CHECK(x.ready() == 0);
  x.uncover(x.h1, 1, x.now);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: after a reconnect what is open is sent again (D1)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  x.prepare(3);
  x.acknowledge(x.h1, 1, 1, 2);
  x.out.clear();
  x.agent.on_link_up(x.h1, x.now, x.out);
  REQUIRE(x.sent<invalidate>().size() == 1);
  CHECK(x.sent<invalidate>()[0].at == sequence{3});
}

TEST_CASE("agent: a drop counts only if it names the newest grant (D2)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.hold(x.h1, 1);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{1}, "/"}, x.now, x.out);
  x.prepare(2);
  CHECK(x.sent<invalidate>().size() == 1);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{2}, "/"}, x.now, x.out);
  x.prepare(3);
  CHECK(x.sent<invalidate>().size() == 1);
}

TEST_CASE("agent: a copy given up is no word about another one (D2)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1); // grant 1, of all
  x.ask(x.h1, 1, "/a");
  x.give(x.h1, {}, "/a"); // grant 2
  x.out.clear();
  x.prepare(2);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{2}, "/a"}, x.now, x.out);
  CHECK(x.ready() < 2); // it still serves `/a` as a part of `/`
  x.acknowledge(x.h1, 1, 2, 2);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: a drop needs no more than the grant's number (D2)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  REQUIRE(x.agent.lists(x.h1, "/a"));
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{1}, ""}, x.now, x.out);
  CHECK_FALSE(x.agent.lists(x.h1, "/a"));
}

TEST_CASE("agent: who gave up every copy is not waited for") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.ask(x.h1, 1, "/a");
  x.give(x.h1, {}, "/a");
  x.out.clear();
  x.prepare(2);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{2}, "/a"}, x.now, x.out);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{1}, "/"}, x.now, x.out);
  CHECK(x.ready() == 2);
}

TEST_CASE("agent: a copy given up and asked for again is a new one") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.ask(x.h1, 1); // again, before it gave up what it has
  x.prepare(2);
  x.agent.on_copy_drop(x.h1, {x.link(1), grant_number{1}, "/"}, x.now, x.out);
  CHECK(x.ready() == 2);
  x.out.clear();
  x.give(x.h1, {x.entry(2)});
  REQUIRE(x.sent<invalidate>().size() == 1);
  CHECK(x.sent<invalidate>()[0].grant == grant_number{2});
}

TEST_CASE("agent: 960 machines behind 40 switches cost 40 messages") {
  directory x;
  std::vector<peer> switches;
  std::vector<member> members;
  for (size_t i = 0; i < 40; ++i) {
    switches.push_back({machine_id{"s" + std::to_string(i)}, incarnation{1}});
    members.emplace_back().who = switches.back();
    members.back().role = "switch";
  }
  x.agent.on_members(epoch{7}, members, x.out);
  uint64_t in = 0;
  for (auto& who : switches) {
    x.ask(who, 0);
    x.hold(who, ++in);
  }
  x.prepare(2);
  CHECK(x.count<send_effect>() == 40); // and nobody else is told
  // The switches enlist their racks, so they are told whose command it is.
  for (auto& m : x.sent<invalidate>())
    CHECK((m.origin == x.home.id && m.slot == 7));
  acknowledgement one{{machine_id{"l"}, incarnation{1}}, 0, false, {}};
  for (size_t i = 0; i < 40; ++i) {
    invalidate_ack ack{x.link(i + 1), grant_number{i + 1}, sequence{2}};
    ack.behind.assign(24, one);
    x.agent.on_invalidate_ack(switches[i], ack, x.now, x.out);
  }
  REQUIRE(x.ready() == 2);
  size_t acks = 0;
  for (auto& y : x.out)
    if (auto r = std::get_if<holders_ready>(&y))
      acks += r->acks.size();
  CHECK(acks == 40 + 960);
  x.out.clear();
  x.agent.on_committed({shard_id{0}, term{5}, sequence{2}}, x.out);
  CHECK(x.count<send_effect>() == 40);
}

TEST_CASE("agent: who is no switch is told nothing of the origin") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  CHECK(x.sent<invalidate>().at(0).origin == machine_id{});
}

TEST_CASE("agent: only a switch is waited for longer because it says so (T6)") {
  directory x;
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  for (auto i = 0; i < 5; ++i) {
    x.now += 250ms;
    x.agent.on_rack_waiting(x.h1, {x.link(1), grant_number{1}, sequence{2}},
                            x.now);
    x.agent.on_tick(x.now, x.out);
  }
  CHECK(x.count<uncover_effect>() == 1);
}

TEST_CASE("agent: a switch's word about an older grant is none (D2)") {
  directory x;
  std::vector<member> members(1);
  members[0].who = x.h1;
  members[0].role = "switch";
  x.agent.on_members(epoch{7}, members, x.out);
  x.ask(x.h1, 0);
  x.hold(x.h1, 1);
  x.prepare(2);
  for (auto i = 0; i < 5; ++i) {
    x.now += 250ms;
    x.agent.on_rack_waiting(x.h1, {x.link(1), grant_number{9}, sequence{2}},
                            x.now);
    x.agent.on_tick(x.now, x.out);
  }
  CHECK(x.count<uncover_effect>() == 1);
}
