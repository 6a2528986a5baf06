// SPDX-License-Identifier: Apache-2.0

// What every coordinator must do, run against each.

#include "tests/unit/coordinator/world.hpp"

#include <catch2/catch.hpp>

#include <atomic>

using namespace muster;
using namespace muster::test;

#define REQUIRE_AVAILABLE(world) \
  if (!world::is_available()) { \
    WARN("skipped: etcd is not installed"); \
    return; \
  }

#define EVERY_COORDINATOR etcd_world, embedded_world

TEMPLATE_TEST_CASE("a key is created only if it is absent", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto first = w.swap("/a", 0, "one");
  auto second = w.swap("/a", 0, "two");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->succeeded);
  CHECK_FALSE(second->succeeded);
  CHECK(second->revision == first->revision);
  CHECK(w.get("/a") == "one");
}

TEMPLATE_TEST_CASE("a key is changed only at the revision that was read",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto created = w.swap("/a", 0, "one");
  auto changed = w.swap("/a", created->revision, "two");
  auto stale = w.swap("/a", created->revision, "three");
  CHECK(changed->succeeded);
  CHECK_FALSE(stale->succeeded);
  CHECK(w.get("/a") == "two");
}

TEMPLATE_TEST_CASE("one compare that fails stops all of a transaction",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto a = w.put("/a", "one");
  w.set("/b", "one");
  auto x = w.txn({{{"/a", a->revision}, {"/b", a->revision}},
                  {{"/a", "two", false}, {"/c", "two", false}},
                  {"/b"}});
  REQUIRE(x);
  CHECK_FALSE(x->succeeded);
  CHECK(w.get("/a") + w.get("/b") + w.get("/c") == "oneone-");
}

TEMPLATE_TEST_CASE("puts and deletes of a transaction land at one revision",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  w.set("/old", "x");
  auto x = w.txn({{}, {{"/a", "1", false}, {"/b", "2", false}}, {"/old"}});
  auto found = w.range("/");
  REQUIRE(found);
  REQUIRE(found->entries.size() == 2);
  CHECK(found->revision == x->revision);
  for (auto& entry : found->entries)
    CHECK(entry.mod_revision == x->revision);
}

TEMPLATE_TEST_CASE("revisions grow with every change and with nothing else",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto last = w.range("")->revision;
  CHECK(last > 0);
  for (int i = 0; i < 10; ++i) {
    auto x = w.put("/a", std::to_string(i));
    CHECK(x->revision == last + 1);
    last = x->revision;
  }
  CHECK(w.txn({{}, {}, {"/absent"}})->revision == last);
  CHECK(w.swap("/a", 1, "no")->revision == last);
  CHECK(w.range("/a")->revision == last);
}

TEMPLATE_TEST_CASE("a key that comes back has a new revision", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto first = w.put("/a", "x");
  w.erase("/a");
  auto second = w.swap("/a", 0, "x");
  CHECK(second->succeeded);
  CHECK(second->revision > first->revision);
  CHECK_FALSE(w.swap("/a", first->revision, "y")->succeeded);
}

TEMPLATE_TEST_CASE("a range has the keys of its prefix, sorted",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  for (auto key : {"/p/b", "/p/a", "/p", "/q", "/o", "/p/\xff\xff"})
    w.set(key, key);
  auto found = w.range("/p/");
  REQUIRE(found);
  std::string keys;
  for (auto& x : found->entries)
    keys += x.key + " ";
  CHECK(keys == "/p/a /p/b /p/\xff\xff ");
  CHECK(w.range("")->entries.size() == 6);
  CHECK(w.range("/none")->entries.empty());
  CHECK(w.range("/p/\xff")->entries.size() == 1);
}

TEMPLATE_TEST_CASE("a range never sees half of a transaction", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  std::atomic<int> left{20};
  std::atomic<int> torn{0};
  for (int i = 0; i < 20; ++i) {
    auto value = std::to_string(i);
    world.c->txn({{}, {{"/a", value, false}, {"/b", value, false}}, {}},
                 [](const auto&) {});
    world.c->range("/", [&](const result<coordinator_range>& x) {
      if (x && !x->entries.empty()
          && (x->entries.size() != 2
              || x->entries[0].value != x->entries[1].value))
        ++torn;
      --left;
    });
  }
  CHECK(eventually([&] { return left == 0; }));
  CHECK(torn == 0);
}

TEMPLATE_TEST_CASE("any bytes and large values survive", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i)
    bytes += static_cast<char>(i * 31 >> 3);
  auto key = std::string{"/\0\x01\xfe\xff", 5};
  // Its deadline may pass on a busy host; the same put again does no harm.
  CHECK(eventually([&] { return static_cast<bool>(w.put(key, bytes)); }));
  CHECK(w.get(key) == bytes);
  CHECK(w.put("/empty", "")->succeeded);
  CHECK(w.get("/empty").empty());
}

TEMPLATE_TEST_CASE("requests against the rules are refused", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto refused = [&](const coordinator_txn& x) {
    auto answer = w.txn(x);
    return !answer && answer.failure().code == errc::invalid_argument;
  };
  CHECK(refused({{}, {}, {}}));
  CHECK(refused({{}, {{"", "x", false}}, {}}));
  CHECK(refused({{}, {{"/a", "x", false}}, {"/a"}}));
  CHECK(refused({{}, {{"/a", std::string(2'000'000, 'x'), false}}, {}}));
  coordinator_txn many;
  for (int i = 0; i < 129; ++i)
    many.deletes.push_back("/" + std::to_string(i));
  CHECK(refused(many));
  many.deletes.pop_back();
  CHECK(w.txn(many));
}

TEMPLATE_TEST_CASE("bound keys stay while the lease is renewed",
                   "[coordinator][lease]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  CHECK(*w.keep_alive(world.ttl));
  w.set("/alive/m1", "here", true);
  auto end = world.clock.now() + 3 * world.ttl;
  auto is_renewed = true;
  CHECK(eventually([&] {
    world.pass(100ms);
    is_renewed = is_renewed && *w.keep_alive(world.ttl);
    return world.clock.now() > end;
  }));
  CHECK(is_renewed);
  CHECK(w.get("/alive/m1") == "here");
}

TEMPLATE_TEST_CASE("bound keys vanish with the lease, others stay",
                   "[coordinator][lease]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  w.live(world.ttl);
  w.set("/alive/m1", "here", true);
  w.set("/alive/m2", "here", true);
  w.set("/alive/m2", "unbound");
  auto put = w.put("/free", "here");
  world.pass(world.ttl);
  CHECK(eventually([&] { return w.get("/alive/m1") == "-"; }));
  CHECK(w.get("/alive/m2") == "unbound");
  CHECK(w.get("/free") == "here");
  CHECK(w.range("/")->revision == put->revision + 1);
}

TEMPLATE_TEST_CASE("keep_alive tells once that the former lease has ended",
                   "[coordinator][lease]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  CHECK(*w.keep_alive(world.ttl));
  w.set("/alive", "here", true);
  world.pass(world.ttl);
  REQUIRE(eventually([&] { return w.get("/alive") == "-"; }));
  CHECK_FALSE(*w.keep_alive(world.ttl));
  CHECK(*w.keep_alive(world.ttl));
  CHECK(w.put("/alive", "again", true)->succeeded);
  CHECK(w.get("/alive") == "again");
}

TEMPLATE_TEST_CASE("a bound put without a live lease changes nothing",
                   "[coordinator][lease]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  auto none_yet = w.put("/alive", "x", true);
  REQUIRE_FALSE(none_yet);
  CHECK(none_yet.failure().code == errc::unavailable);
  w.live(world.ttl);
  w.set("/alive", "x", true);
  world.pass(world.ttl);
  REQUIRE(eventually([&] { return w.get("/alive") == "-"; }));
  auto ended = w.put("/alive", "y", true);
  REQUIRE_FALSE(ended);
  CHECK(ended.failure().code == errc::unavailable);
  CHECK(w.get("/alive") == "-");
  CHECK_FALSE(*w.keep_alive(world.ttl));
}

TEMPLATE_TEST_CASE("a watch hints at every kind of change below its prefix",
                   "[coordinator][watch]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  words w{*world.c};
  std::atomic<int> hints{0};
  world.c->watch("/p/", [&] { ++hints; });
  // The watch has begun.
  REQUIRE(eventually([&] { return hints == 1; }));
  w.set("/q", "elsewhere");
  w.set("/p/a", "x");
  REQUIRE(eventually([&] { return hints == 2; }));
  w.erase("/p/a");
  REQUIRE(eventually([&] { return hints == 3; }));
  w.live(world.ttl);
  w.set("/p/alive", "x", true);
  REQUIRE(eventually([&] { return hints == 4; }));
  world.pass(world.ttl);
  CHECK(eventually([&] { return hints == 5; }));
}

TEMPLATE_TEST_CASE("a call from inside a callback is answered", "[coordinator]",
                   EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  std::atomic<bool> is_done{false};
  world.c->range("/", [&](const auto&) {
    world.c->range("/", [&](const auto&) { is_done = true; });
  });
  CHECK(eventually([&] { return is_done.load(); }));
}

TEMPLATE_TEST_CASE("calls beyond the queue are refused at once",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  auto options = world.options();
  options.limits.queue_max = 4;
  world.c.reset();
  using kind = typename decltype(world.c)::element_type;
  world.c = *kind::open(options, world.clock);
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};
  for (int i = 0; i < 200; ++i)
    world.c->txn({{}, {{"/a", "x", false}}, {}}, [&](const auto& x) {
      if (!x && x.failure().code == errc::unavailable)
        ++refused;
      ++answered;
    });
  CHECK(eventually([&] { return answered == 200; }));
  CHECK(refused > 0);
  CHECK(words{*world.c}.get("/a") == "x");
}

TEMPLATE_TEST_CASE("every call is answered before the coordinator is gone",
                   "[coordinator]", EVERY_COORDINATOR) {
  REQUIRE_AVAILABLE(TestType)
  TestType world;
  std::atomic<int> answered{0};
  for (int i = 0; i < 50; ++i)
    world.c->range("/", [&](const auto&) { ++answered; });
  world.c.reset();
  CHECK(answered == 50);
}
