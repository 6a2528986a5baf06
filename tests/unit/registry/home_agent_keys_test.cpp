// SPDX-License-Identifier: Apache-2.0
#include "registry/home_agent.hpp"
#include "registry/key.hpp"
#include "tests/unit/registry/effects.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// The agent of term 5 at `home`, and a holder whose session is 1.
struct key_directory {
  const peer home{machine_id{"home"}, incarnation{1}};
  const peer h{machine_id{"h"}, incarnation{1}};
  home_agent agent{shard_id{0}, home, options()};
  boot_time now{100s};
  agent_effects out;
  uint64_t round = 0;

  static agent_options options() {
    agent_options out;
    out.shard_count = 1;
    out.keys_max = 3;
    return out;
  }

  key_directory() {
    agent.on_started({shard_id{0}, term{5}, epoch{5}});
    member each;
    each.who = h;
    agent.on_members(epoch{6}, {each}, out);
    ask("/first", 0);
    out.clear();
  }

  flow link(uint64_t in = 1) const {
    return {shard_id{0}, term{5}, session{in}, home.run};
  }

  void read(const std::string& key) {
    agent.on_read(h, {1, shard_id{0}, key}, out);
  }

  void ask(const std::string& key, uint64_t in = 1) {
    agent.on_copy_request(h, {link(in), key, true}, out);
  }

  void give(const std::string& key, bool granted = true,
            const std::vector<watched_entry>& undecided = {}) {
    copy_data x{shard_id{0}, term{5}, h,  key,       granted, sequence{1},
                ++round,     {},      {}, undecided, true};
    agent.on_copy_data(x, now, out);
  }

  void hold(const std::string& key) {
    ask(key);
    give(key);
    out.clear();
  }

  watched_entry entry(uint64_t at, const std::string& key) const {
    return {sequence{at}, command_id{"c"}, home.id, 7, now, {{key, "v"}}};
  }

  void prepare(uint64_t at, const std::string& key) {
    agent.on_prepared({shard_id{0}, term{5}, {entry(at, key)}}, now, out);
  }

  void submits(const std::string& key) {
    submit x;
    x.what.operations.push_back({operation_kind::put, key, "v"});
    agent.on_submit(home, x, out);
  }

  template <class T>
  std::vector<T> sent() const {
    return messages_in<T>(out);
  }

  template <class T>
  size_t count() const {
    return count_in<T>(out);
  }
};

} // namespace

TEST_CASE("agent: who reads a key again is offered a copy of it (D6)") {
  key_directory x;
  x.read("/a");
  CHECK(x.sent<copy_offer>().empty());
  x.read("/a");
  REQUIRE(x.sent<copy_offer>().size() == 1);
  CHECK(x.sent<copy_offer>()[0].key == "/a");
  CHECK(x.sent<copy_offer>()[0].link.of == term{5});
}

TEST_CASE("agent: a command begins the count of its keys anew (D6)") {
  key_directory x;
  x.read("/a");
  x.submits("/a");
  x.read("/a");
  CHECK(x.sent<copy_offer>().empty());
}

TEST_CASE("agent: only a home offers, to members, what a key can be") {
  key_directory x;
  for (auto i = 0; i < 2; ++i) {
    x.agent.on_read({x.h.id, incarnation{9}}, {1, shard_id{0}, "/a"}, x.out);
    x.agent.on_read(x.home, {1, shard_id{0}, "/a"}, x.out);
    x.read(std::string(key_bytes_max + 1, 'a'));
  }
  x.agent.on_stopped();
  x.read("/a");
  x.read("/a");
  CHECK(x.out.empty());
}

TEST_CASE("agent: a copy of a key is told of that key's writes only") {
  key_directory x;
  x.hold("/a");
  CHECK(x.agent.lists(x.h, "/a"));
  CHECK_FALSE(x.agent.lists(x.h, "/a/b"));
  x.prepare(2, "/a/b");
  CHECK(x.sent<invalidate>().empty());
  x.prepare(3, "/a");
  CHECK(x.sent<invalidate>().size() == 1);
}

TEST_CASE("agent: a command that writes a copied key enlists its holder") {
  key_directory x;
  x.hold("/a");
  x.submits("/a/b");
  CHECK(x.sent<enlist>().empty());
  x.submits("/a");
  REQUIRE(x.sent<enlist>().size() == 1);
  CHECK(x.sent<enlist>()[0].who[0].prefix == "/a");
}

TEST_CASE("agent: a copy of a key in flight is invalidated too (D3)") {
  key_directory x;
  x.prepare(2, "/a");
  x.ask("/a");
  x.give("/a", true, {x.entry(2, "/a")});
  REQUIRE(x.sent<copy_grant>().size() == 1);
  CHECK(x.sent<copy_grant>()[0].exact);
  CHECK(x.sent<invalidate>().size() == 1);
}

TEST_CASE("agent: a large record of one key comes in one piece") {
  key_directory x;
  x.ask("/a");
  copy_data data{shard_id{0}, term{5}, x.h, "/a", true, sequence{1},
                 1,           {},      {},  {},   true};
  data.records.push_back({"/a", std::string(1024 * 1024, 'v'), sequence{1}});
  x.agent.on_copy_data(data, x.now, x.out);
  REQUIRE(x.sent<copy_grant>().size() == 1);
  CHECK(x.sent<copy_grant>()[0].last);
}

TEST_CASE("agent: a key that is not granted leaves the directory") {
  key_directory x;
  x.ask("/a");
  x.submits("/a");
  CHECK(x.sent<enlist>().size() == 1); // it may be granted any moment
  x.give("/a", false);
  x.out.clear();
  x.submits("/a");
  CHECK(x.sent<enlist>().empty());
}

TEST_CASE("agent: keys of one holder have a limit") {
  key_directory x;
  for (auto key : {"/a", "/b", "/c"})
    x.hold(key);
  x.ask("/d");
  CHECK(x.count<copy_ask>() == 0);
  x.ask("/a"); // known already
  CHECK(x.count<copy_ask>() == 1);
  x.agent.on_copy_drop(x.h, {x.link(), grant_number{2}, "/b"}, x.now, x.out);
  x.ask("/d");
  CHECK(x.count<copy_ask>() == 2);
}

TEST_CASE("agent: who gives a copy up hears of the change as named (A2)") {
  key_directory x;
  x.agent.on_policies({{"a", "/billing", {x.h.id}, "audit"}}, x.out);
  x.hold("/billing/1");
  x.prepare(2, "/billing/1");
  REQUIRE(x.sent<invalidate>().size() == 1);
  CHECK(x.sent<observe>().empty());
  auto grant = x.sent<invalidate>()[0].grant;
  x.out.clear();
  x.agent.on_copy_drop(x.h, {x.link(), grant, "/billing/1"}, x.now, x.out);
  CHECK(x.sent<observe>().size() == 1);
  CHECK(!x.agent.is_done(sequence{2}, x.h.id));
}

TEST_CASE("agent: a switch may have what its whole rack wants") {
  agent_options options;
  options.shard_count = 1;
  options.grants_max = 1;
  options.rack_grants_max = 2;
  const peer home{machine_id{"home"}, incarnation{1}};
  home_agent agent{shard_id{0}, home, options};
  agent_effects out;
  agent.on_started({shard_id{0}, term{5}, epoch{5}});
  member one;
  one.who = {machine_id{"m"}, incarnation{1}};
  member many;
  many.who = {machine_id{"s"}, incarnation{1}};
  many.role = "switch";
  agent.on_members(epoch{6}, {one, many}, out);
  auto asked = [&](const peer& who, uint64_t in) {
    size_t count = 0;
    for (auto prefix : {"/", "/a", "/b", "/c"}) {
      out.clear();
      agent.on_copy_request(
        who, {{shard_id{0}, term{5}, session{in}, home.run}, prefix}, out);
      for (auto& x : out)
        count += std::holds_alternative<copy_ask>(x);
    }
    return count;
  };
  agent.on_copy_request(one.who, {{shard_id{0}, term{5}, {}, home.run}, "/"},
                        out);
  agent.on_copy_request(many.who, {{shard_id{0}, term{5}, {}, home.run}, "/"},
                        out);
  CHECK(asked(one.who, 1) == 1);
  CHECK(asked(many.who, 2) == 2);
}
