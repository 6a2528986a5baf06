// SPDX-License-Identifier: Apache-2.0

// Watches at the home of a shard: `primary_watches.cpp`.

#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

/// A watcher at the primary of a shard with a small window.
struct watched_home {
  static shard_options options() {
    shard_options out;
    out.window_bytes = 1024;
    out.checkpoint_entries = 4;
    out.watch_bytes_max = 64;
    out.watchers_max = 2;
    return out;
  }

  trio all{3, 3, options()};

  /// What the home tells without being asked.
  std::vector<watch_news> pushed;
  bool loses_acks = false;

  watched_home() {
    REQUIRE(all.run_until_served());
    all.loses = [this](size_t, size_t, const wire_message& x) {
      if (auto news = std::get_if<watch_news>(&x))
        pushed.push_back(*news);
      return loses_acks && std::holds_alternative<prepare_ack>(x);
    };
  }

  watch_news ask(uint64_t after, const std::string& key_after = {},
                 uint64_t ticket = 1, bool from_now = false) {
    shard_effects out;
    watch_request x{only_shard,      ticket,   "/w",
                    sequence{after}, from_now, key_after};
    auto i = *all.primary();
    all.at(i).replica->on_message(all.at(1).self, x, all.now(), out);
    for (auto& each : out)
      if (auto sent = std::get_if<send_effect>(&each))
        if (auto news = std::get_if<watch_news>(&sent->what))
          return *news;
    return {};
  }

  void put_many(int count) {
    for (int i = 0; i < count; ++i)
      all.put("/w/" + std::to_string(10 + i), "a value of some length");
    all.run(1s); // a checkpoint
  }

  sequence committed() {
    return all.context(*all.primary()).state.committed();
  }
};

std::string keys(const std::vector<listed_record>& x) {
  std::string out;
  for (auto& r : x)
    out += r.key + " ";
  return out;
}

} // namespace

TEST_CASE("watch at home: from now on, and then what comes") {
  watched_home home;
  home.all.put("/w/a", "1");
  auto first = home.ask(0, {}, 1, true);
  CHECK(first.upto == home.committed());
  CHECK(first.changed.empty());
  home.all.put("/other", "1");
  home.all.put("/w/b", "2");
  auto next = home.ask(first.upto.value);
  CHECK(keys(next.changed) == "/w/b ");
  CHECK(next.upto == home.committed());
  CHECK_FALSE(next.compacted);
}

TEST_CASE("watch at home: many changes come in parts of whole entries") {
  watched_home home;
  auto from = home.committed().value;
  for (auto key : {"/w/a", "/w/b", "/w/c"})
    home.all.put(key, "a value");
  auto part = home.ask(from);
  CHECK(keys(part.changed) == "/w/a /w/b ");
  CHECK(part.more);
  CHECK(part.upto.value == from + 2);
  auto rest = home.ask(part.upto.value);
  CHECK(keys(rest.changed) == "/w/c ");
  CHECK_FALSE(rest.more);
}

TEST_CASE("watch at home: what the log forgot is told as records") {
  watched_home home;
  home.put_many(40);
  REQUIRE(home.all.context(*home.all.primary()).log.base().value > 20);
  auto piece = home.ask(20);
  CHECK(piece.compacted);
  CHECK(piece.after.value == 20);
  CHECK(piece.upto == home.committed());
  CHECK(keys(piece.changed) == "/w/10 ");
  CHECK(piece.more);
  std::string all = keys(piece.changed);
  while (piece.more) {
    piece = home.ask(20, piece.changed.back().key);
    CHECK(piece.compacted);
    all += keys(piece.changed);
  }
  CHECK(all.size() == 40 * 6);
}

TEST_CASE("watch at home: who takes a snapshot is told the rest when he asks") {
  watched_home home;
  home.put_many(40);
  auto first = home.ask(20);
  REQUIRE(first.more);
  for (int i = 0; i < 40; ++i) // more than the window
    home.all.put("/w/" + std::to_string(10 + i),
                 "another value of some length");
  CHECK(home.pushed.empty());
  auto rest = home.ask(first.upto.value);
  CHECK_FALSE(rest.compacted);
  CHECK(keys(rest.changed).starts_with("/w/10 "));
}

TEST_CASE("watch at home: a position that was never told is a snapshot") {
  watched_home home;
  home.all.put("/w/a", "1");
  auto told = home.ask(home.committed().value + 1);
  CHECK(told.compacted);
  CHECK(keys(told.changed) == "/w/a ");
}

TEST_CASE("watch at home: a new home goes on from the same position") {
  watched_home home;
  home.all.put("/w/a", "1");
  auto at = home.ask(0, {}, 1, true).upto.value;
  home.all.put("/w/b", "2");
  auto former = *home.all.primary();
  home.all.kill(former);
  REQUIRE(home.all.run_until_served());
  REQUIRE(*home.all.primary() != former);
  auto next = home.ask(at);
  CHECK(keys(next.changed) == "/w/b ");
}

TEST_CASE("watch at home: what is not his does not make him forgotten") {
  watched_home home;
  auto told = home.ask(0, {}, 1, true).upto;
  auto& pushed = home.pushed;
  auto heard = 0;
  for (int i = 0; i < 60; ++i) {
    home.all.put("/other/" + std::to_string(10 + i), "a value of some length");
    if (i % 20 == 19)
      home.all.put("/w/x", std::to_string(i));
    for (auto& x : std::exchange(pushed, {})) {
      CHECK(x.after <= told); // else he would take it for a gap
      heard += static_cast<int>(x.changed.size());
      told = x.upto;
    }
    // A renewal goes on where he was.
    auto again = home.ask(told.value);
    CHECK_FALSE(again.compacted);
    CHECK(again.changed.empty());
    told = again.upto;
  }
  CHECK(heard == 3);
  // The same without renewals, which may come late: a new home's window.
  for (int i = 0; i < 60; ++i)
    home.all.put("/other/" + std::to_string(10 + i), "a value of some length");
  REQUIRE_FALSE(pushed.empty());
  auto& log = home.all.context(*home.all.primary()).log;
  CHECK(pushed.back().upto >= log.base());
}

TEST_CASE("watch at home: a record larger than the window is not his loss") {
  watched_home home;
  for (int i = 0; i < 10; ++i)
    home.all.put("/other/" + std::to_string(i), "v");
  auto told = home.ask(home.committed().value).upto;
  home.all.put("/other/large", std::string(2000, 'v'));
  REQUIRE(home.all.context(*home.all.primary()).log.base() > told);
  // He has heard of it before the log forgot.
  REQUIRE_FALSE(home.pushed.empty());
  CHECK(home.pushed.back().after == told);
  CHECK_FALSE(home.ask(home.pushed.back().upto.value).compacted);
}

TEST_CASE("watch at home: one commit of much is told whole") {
  watched_home home;
  auto told = home.ask(0, {}, 1, true).upto;
  auto& pushed = home.pushed;
  home.loses_acks = true;
  for (int i = 0; i < 5; ++i)
    home.all.submit(0, put_command("m1.1." + std::to_string(i + 100),
                                   "/w/" + std::to_string(i),
                                   std::string(100, 'v')));
  home.all.drain();
  CHECK(pushed.empty());
  home.loses_acks = false;
  home.all.run(500ms); // asked for again, all are acknowledged at once
  size_t heard = 0;
  for (auto& x : pushed) {
    CHECK(x.after == told);
    CHECK_FALSE(x.more);
    told = x.upto;
    heard += x.changed.size();
  }
  CHECK(heard == 5);
}

TEST_CASE("watch at home: who goes gives his place back") {
  watched_home home;
  home.ask(0, {}, 1);
  home.ask(0, {}, 2);
  shard_effects out;
  watch_request over{only_shard, 1, "/w", {}, false, {}, true};
  auto i = *home.all.primary();
  home.all.at(i).replica->on_message(home.all.at(1).self, over, home.all.now(),
                                     out);
  CHECK_FALSE(home.ask(0, {}, 3).refused);
}

TEST_CASE("watch at home: one too many is refused, who has a place keeps it") {
  watched_home home;
  CHECK_FALSE(home.ask(0, {}, 1).refused);
  CHECK_FALSE(home.ask(0, {}, 2).refused);
  CHECK(home.ask(0, {}, 3).refused);
  CHECK_FALSE(home.ask(0, {}, 1).refused);
  home.all.run(11s); // nobody has renewed
  CHECK_FALSE(home.ask(0, {}, 3).refused);
}
