// SPDX-License-Identifier: Apache-2.0
#include "registry/key_copies.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr nanoseconds resend = 400ms;

/// Copies of keys of shard 0, each of 100 bytes; `read` names those that users
/// have read and nobody has asked for since.
struct memory {
  key_copies copies;
  std::set<std::string> read;
  boot_time now{100s};
  uint64_t last_grant = 0;

  explicit memory(key_copy_options options = {1000, 4, 3, 2})
    : copies(options) {
    copies.watch_reads(
      [this](shard_id, const std::string& key) { return read.erase(key) > 0; });
  }

  static key_copies::name name(const std::string& key) {
    return {shard_id{0}, key};
  }

  bool ask(const std::string& key) {
    return copies.ask(name(key), now, resend);
  }

  void grant(const std::string& key, size_t bytes = 100) {
    copies.grant(name(key), grant_number{++last_grant}, bytes);
  }

  void hold(const std::string& key) {
    REQUIRE(ask(key));
    grant(key);
  }

  bool holds(const std::string& key) const {
    return copies.holds(shard_id{0}, key);
  }

  /// What went for one more copy, in this order.
  std::string evicted_for(const std::string& key, size_t bytes = 100) {
    std::string out;
    while (auto x = copies.victim_for(name(key), bytes)) {
      out += x->second;
      copies.erase(*x);
    }
    return out;
  }

  /// @returns whether the copy goes with this write
  bool write(const std::string& key) {
    copies.on_change(name(key));
    return copies.on_decided(name(key), 100);
  }
};

/// Room for ten copies, and ten.
struct full_memory : memory {
  full_memory() {
    for (auto c = 'a'; c <= 'j'; ++c)
      hold(std::string{'/', c});
    // Each is new once.
    for (auto i = 0; i < 1; ++i)
      CHECK(evicted_for("/x") == "/a");
    hold("/a");
    CHECK(copies.probe().bytes == 1000);
  }
};

} // namespace

TEST_CASE("key copies: bytes are those of what is held") {
  memory x;
  x.hold("/a");
  REQUIRE(x.ask("/b"));
  CHECK(x.copies.probe().keys == 1);
  CHECK(x.copies.probe().bytes == 100);
  x.grant("/a", 250);
  CHECK(x.copies.probe().bytes == 250);
  CHECK(x.copies.probe().granted == 1);
  x.copies.erase(x.name("/a"));
  CHECK(x.copies.probe().bytes == 0);
  CHECK_FALSE(x.holds("/a"));
}

TEST_CASE("key copies: a key is asked for once, and so many at a time") {
  memory x;
  CHECK(x.ask("/a"));
  CHECK_FALSE(x.ask("/a"));
  for (auto key : {"/b", "/c", "/d"})
    CHECK(x.ask(key));
  CHECK_FALSE(x.ask("/e"));
  x.grant("/a");
  CHECK_FALSE(x.ask("/a"));
  CHECK(x.ask("/e"));
}

TEST_CASE("key copies: without memory nothing is asked for") {
  memory x{{0, 4, 3, 2}};
  CHECK_FALSE(x.ask("/a"));
  CHECK(x.copies.empty());
}

TEST_CASE("key copies: without an answer it is asked for again, not for ever") {
  memory x;
  x.ask("/a");
  CHECK(x.copies.due(x.now, resend).empty());
  for (auto i = 0; i < 2; ++i) {
    x.now += resend;
    CHECK(x.copies.due(x.now, resend).size() == 1);
  }
  x.now += resend;
  CHECK(x.copies.due(x.now, resend).empty());
  CHECK(x.copies.empty());
}

TEST_CASE("key copies: the unread one goes first") {
  full_memory x;
  x.read = {"/b", "/c"};
  CHECK(x.evicted_for("/x") == "/d");
}

TEST_CASE("key copies: who was read is spared once") {
  full_memory x;
  for (auto c = 'a'; c <= 'j'; ++c)
    x.read.insert(std::string{'/', c});
  CHECK(x.evicted_for("/x") == "/b");
}

TEST_CASE("key copies: who was read before a write is spared as well") {
  full_memory x;
  x.read = {"/b"};
  CHECK_FALSE(x.write("/b"));
  CHECK(x.evicted_for("/x") == "/c");
}

TEST_CASE("key copies: a large one takes the place of several") {
  full_memory x;
  CHECK(x.evicted_for("/x", 300) == "/b/c/d");
}

TEST_CASE("key copies: one that grows does not evict itself") {
  full_memory x;
  CHECK(x.evicted_for("/b", 200) == "/c");
}

TEST_CASE("key copies: what never fits evicts nothing") {
  full_memory x;
  CHECK(x.evicted_for("/x", 1001).empty());
  CHECK_FALSE(x.copies.fits(1001));
}

TEST_CASE("key copies: one read between writes keeps it") {
  memory x;
  x.hold("/a");
  for (auto i = 0; i < 5; ++i) {
    CHECK_FALSE(x.write("/a"));
    x.read.insert("/a");
    CHECK_FALSE(x.write("/a"));
  }
}

TEST_CASE("key copies: two unread writes in a row end it") {
  memory x;
  x.hold("/a");
  x.read.insert("/a");
  CHECK_FALSE(x.write("/a"));
  CHECK_FALSE(x.write("/a"));
  CHECK(x.write("/a"));
}

TEST_CASE("key copies: writes that are decided together are one") {
  memory x;
  x.hold("/a");
  x.read.insert("/a");
  x.copies.on_change(x.name("/a"));
  x.copies.on_change(x.name("/a"));
  CHECK_FALSE(x.copies.on_decided(x.name("/a"), 100));
  CHECK_FALSE(x.write("/a"));
  CHECK(x.write("/a"));
}

TEST_CASE("key copies: the clock's question is no read that is lost") {
  full_memory x;
  x.read = {"/b"};
  CHECK(x.evicted_for("/x") == "/c");
  // The hand took the note; the write knows of it all the same.
  CHECK_FALSE(x.write("/b"));
  CHECK_FALSE(x.write("/b"));
  CHECK(x.write("/b"));
}

TEST_CASE("key copies: what is under a prefix is not what begins like it") {
  memory x;
  for (auto key : {"/a", "/a/b", "/ab"})
    x.hold(key);
  x.ask("/a/c");
  auto taken = x.copies.take_under(shard_id{0}, "/a");
  REQUIRE(taken.size() == 2);
  CHECK(taken[1].first == "/a/b");
  CHECK_FALSE(x.copies.knows(x.name("/a/c")));
  CHECK(x.holds("/ab"));
  CHECK(x.copies.take_under(shard_id{1}, "/").empty());
  CHECK(x.copies.take_under(shard_id{0}, "/").size() == 1);
  CHECK(x.copies.empty());
}
