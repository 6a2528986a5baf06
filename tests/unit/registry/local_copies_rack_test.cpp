// SPDX-License-Identifier: Apache-2.0
#include "registry/local_copies.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

copy_options of_switch() {
  copy_options out;
  out.for_rack = true;
  return out;
}

/// A switch with a copy of "/" from its home, in session 1, and machine l
/// behind it.
struct switch_copies {
  const peer self{machine_id{"s"}, incarnation{3}};
  const peer home{machine_id{"home"}, incarnation{1}};
  const peer l{machine_id{"l"}, incarnation{4}};
  local_copies copies{self, 1, of_switch()};
  boot_time now{100s};
  copy_effects out;

  switch_copies() {
    assignment x;
    x.of = term{5};
    x.at = epoch{5};
    x.primary = home.id;
    x.primary_run = home.run;
    copies.on_assignment(x, now, out);
    ask();
    lease();
    grant(1, 1);
  }

  flow link() const {
    return {shard_id{0}, term{5}, session{1}, self.run};
  }

  void lease() {
    cover what{shard_id{0}, cover_kind::copy, term{5}, session{1}};
    copies.on_lease_news({home, now + 100s, {what}, {}}, now, out);
  }

  void ask() {
    copies.on_rack_ask({shard_id{0}, term{5}, l, "/"}, now, out);
  }

  void grant(uint64_t number, uint64_t as_of) {
    copies.on_message(home,
                      copy_grant{link(),
                                 grant_number{number},
                                 "/",
                                 sequence{as_of},
                                 0,
                                 true,
                                 {{"/a", "1", sequence{1}}}},
                      now, out);
  }

  void invalidates(uint64_t at, uint64_t number = 1) {
    copies.on_message(home,
                      invalidate{link(),
                                 grant_number{number},
                                 sequence{at},
                                 {{"/a", std::to_string(at), false}}},
                      now, out);
  }

  void ready(uint64_t upto, uint64_t round) {
    copies.on_rack_ready({shard_id{0}, term{5}, round, sequence{upto}, {}},
                         out);
  }

  /// Of the newest word to the agent that has one.
  uint64_t round() const {
    uint64_t newest = 0;
    for (auto& x : out.all) {
      if (auto s = std::get_if<rack_started>(&x))
        newest = s->round;
      if (auto d = std::get_if<copy_data>(&x))
        newest = d->round;
      if (auto p = std::get_if<entries_prepared>(&x); p && p->round != 0)
        newest = p->round;
    }
    return newest;
  }

  /// Acknowledged so far: sequences and grants, in order.
  std::vector<std::pair<uint64_t, uint64_t>> told() const {
    std::vector<std::pair<uint64_t, uint64_t>> found;
    for (auto& x : out.all)
      if (auto s = std::get_if<send_effect>(&x))
        if (auto a = std::get_if<invalidate_ack>(&s->what))
          found.emplace_back(a->at.value, a->grant.value);
    return found;
  }

  const copy_data* given() const {
    const copy_data* newest = nullptr;
    for (auto& x : out.all)
      if (auto d = std::get_if<copy_data>(&x))
        newest = d;
    return newest;
  }
};

using words = std::vector<std::pair<uint64_t, uint64_t>>;

} // namespace

TEST_CASE("switch: it acknowledges what the agent has called ready (S1)") {
  switch_copies x;
  x.invalidates(2);
  x.invalidates(3);
  CHECK(x.told().empty());
  x.ready(2, x.round());
  CHECK(x.told() == words{{2, 1}});
  x.ready(3, x.round());
  x.ready(3, x.round());
  CHECK(x.told() == words{{2, 1}, {3, 1}});
}

TEST_CASE("switch: a word from before a copy was given does not count (D3)") {
  switch_copies x;
  x.invalidates(2);
  auto before = x.round();
  x.ask(); // another machine, perhaps: it is given a copy in a new round
  REQUIRE(x.round() > before);
  x.ready(2, before);
  CHECK(x.told().empty());
  x.ready(2, x.round());
  CHECK(x.told() == words{{2, 1}});
}

TEST_CASE("switch: a word from before an older entry came is none (S1)") {
  switch_copies x;
  x.invalidates(9);
  auto before = x.round();
  x.invalidates(7); // of a prefix that the home granted meanwhile
  REQUIRE(x.round() > before);
  x.ready(9, before);
  CHECK(x.told().empty());
  x.ready(9, x.round());
  CHECK(x.told() == words{{7, 1}, {9, 1}});
}

TEST_CASE("switch: sent again, it waits or repeats its word (D1, D2)") {
  switch_copies x;
  x.invalidates(2);
  x.invalidates(2, 5);
  CHECK(x.told().empty());
  x.ready(2, x.round());
  CHECK(x.told() == words{{2, 5}});
  x.invalidates(2, 6);
  CHECK(x.told() == words{{2, 5}, {2, 6}});
}

TEST_CASE("switch: in a new session nothing said before counts (T4)") {
  switch_copies x;
  x.invalidates(2);
  auto before = x.round();
  cover what{shard_id{0}, cover_kind::copy, term{5}, session{1}};
  x.copies.on_lease_news({x.home, x.now, {}, {what}}, x.now, x.out);
  x.lease();
  x.grant(2, 1);
  x.invalidates(2, 2);
  x.ready(2, before);
  CHECK(x.told().empty());
  x.ready(2, x.round());
  CHECK(x.told() == words{{2, 2}});
}

TEST_CASE("switch: what is undecided is granted silent, and follows") {
  switch_copies x;
  x.invalidates(4);
  x.ask();
  REQUIRE(x.given());
  CHECK(x.given()->records.size() == 1); // what stands, silent
  REQUIRE(x.given()->locked.size() == 1);
  CHECK(x.given()->locked[0].at == sequence{3});
  CHECK(x.given()->locked[0].key == x.given()->records[0].key);
  REQUIRE(x.given()->undecided.size() == 1);
  CHECK(x.given()->undecided[0].at == sequence{4});
}

TEST_CASE("switch: what it acknowledged stays silent in a copy got again") {
  switch_copies x;
  x.invalidates(4);
  x.ready(4, x.round());
  x.copies.on_rack_needs({shard_id{0}, x.round(), {}});
  x.now += 10s;
  x.copies.on_tick(x.now, x.out); // gives the copy up
  x.ask();
  x.grant(2, 3); // 4 is still undecided, and not sent again yet
  REQUIRE(x.given());
  CHECK(x.given()->as_of == sequence{3});
  REQUIRE(x.given()->locked.size() == 1);
  CHECK(x.given()->locked[0].key == "/a");
  CHECK(x.given()->locked[0].at == sequence{3});
  CHECK(x.given()->undecided.size() == 1);
}

TEST_CASE("switch: what is decided is granted as of then") {
  switch_copies x;
  x.invalidates(4);
  x.copies.on_message(x.home, validate{x.link(), sequence{6}}, x.now, x.out);
  x.ask();
  REQUIRE(x.given());
  CHECK(x.given()->as_of == sequence{6});
  REQUIRE(x.given()->records.size() == 1);
  CHECK(x.given()->records[0].value == "4");
  CHECK(x.given()->locked.empty());
  CHECK(x.given()->undecided.empty());
}

TEST_CASE("switch: a grant says what is decided, like a validation") {
  switch_copies x;
  x.invalidates(4);
  x.grant(2, 5); // the validation was lost
  x.ask();
  REQUIRE(x.given());
  CHECK(x.given()->as_of == sequence{5});
  CHECK(x.given()->undecided.empty());
  auto is_it = [](auto& y) {
    auto c = std::get_if<entries_committed>(&y);
    return c && c->upto == sequence{5};
  };
  CHECK(std::any_of(x.out.all.begin(), x.out.all.end(), is_it));
}

TEST_CASE("switch: needs from before a copy was given say nothing of it") {
  switch_copies x;
  auto drops = [&] {
    return std::count_if(x.out.all.begin(), x.out.all.end(), [](auto& y) {
      auto s = std::get_if<send_effect>(&y);
      return s && std::holds_alternative<copy_drop>(s->what);
    });
  };
  auto before = x.round();
  x.ask();
  x.copies.on_rack_needs({shard_id{0}, before, {}});
  x.now += 10s;
  x.copies.on_tick(x.now, x.out);
  CHECK(drops() == 0);
  x.copies.on_rack_needs({shard_id{0}, x.round(), {}});
  x.now += 6s;
  x.copies.on_tick(x.now, x.out);
  CHECK(drops() == 1);
}

TEST_CASE("switch: it takes no offer of a single key (D6)") {
  switch_copies x;
  x.out.all.clear();
  x.copies.on_message(x.home, copy_offer{x.link(), "/a"}, x.now, x.out);
  x.copies.on_message(x.home, copy_offer{x.link(), "/b"}, x.now, x.out);
  CHECK(x.out.all.empty());
}
