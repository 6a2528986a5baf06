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
    out.window_bytes = 256;
    out.checkpoint_entries = 4;
    out.watch_bytes_max = 64;
    out.watchers_max = 2;
    return out;
  }

  trio all{3, 3, options()};

  watched_home() {
    REQUIRE(all.run_until_served());
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

TEST_CASE("watch at home: one too many is refused, who has a place keeps it") {
  watched_home home;
  CHECK_FALSE(home.ask(0, {}, 1).refused);
  CHECK_FALSE(home.ask(0, {}, 2).refused);
  CHECK(home.ask(0, {}, 3).refused);
  CHECK_FALSE(home.ask(0, {}, 1).refused);
  home.all.run(11s); // nobody has renewed
  CHECK_FALSE(home.ask(0, {}, 3).refused);
}
