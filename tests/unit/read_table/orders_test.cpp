// SPDX-License-Identifier: Apache-2.0

// The orders of R2 and R3, load by load: the writer acts at one point in the
// middle of a read. `threads_test.cpp` has such races without points.

#include "runtime/read_table/race_point.hpp"
#include "tests/unit/read_table/fixture.hpp"

#ifdef MUSTER_MUTANTS

#  include <catch2/catch.hpp>

#  include <functional>
#  include <latch>
#  include <thread>

using namespace muster;
using namespace muster::test;
using muster::lock_free::at_race_point;
using muster::lock_free::race_point;

namespace {

struct scene : table_fixture {
  ~scene() {
    at_race_point = nullptr;
  }

  /// The next read that comes to that point finds that this has happened.
  void at(race_point point, std::function<void()> action) {
    at_race_point = [=, this](race_point here) {
      if (here == point && !done) {
        done = true;
        action();
      }
    };
  }

  /// The lease ends, others change what they like, and a new one is granted.
  void lose_touch() {
    clock.advance(10s);
    invalidate({"/a", "/b"});
    put("/a", "new", 2);
    put("/b", "new", 2);
    lease(10s);
  }

  bool done = false;
};

} // namespace

TEST_CASE_METHOD(scene, "lease granted after the record was loaded is not its",
                 "[orders]") {
  begin_whole();
  put("/a", "old");
  at(race_point::all_loaded, [this] { lose_touch(); });
  CHECK(get("/a") == "lease over");
  CHECK(get("/a") == "new@2");
}

TEST_CASE_METHOD(scene, "lease granted after the slot was empty is not its",
                 "[orders]") {
  begin_whole();
  at(race_point::all_loaded, [this] { lose_touch(); });
  CHECK(get("/b") == "lease over");
}

TEST_CASE_METHOD(scene, "lease granted after the listing is not its",
                 "[orders]") {
  begin_whole();
  put("/a", "old");
  at(race_point::all_loaded, [this] { lose_touch(); });
  CHECK(list("/") == "lease over");
}

TEST_CASE_METHOD(scene, "lease that ends during a read does not cover it",
                 "[orders]") {
  begin_whole();
  put("/a", "old");
  auto end = [this] { clock.advance(10s); };
  at(race_point::words_loaded, end);
  CHECK(get("/a") == "lease over");
  for (auto point : {race_point::words_loaded, race_point::record_loaded}) {
    lease(10s);
    done = false;
    at(point, end);
    CHECK(list("/") == "lease over");
  }
}

TEST_CASE_METHOD(scene, "record of the next tenure is not served by the lease",
                 "[orders]") {
  begin();
  put("/a", "old");
  at(race_point::words_loaded, [this] {
    table.begin(shard, 2, term{8}, session{2});
    put("/a", "new", 2);
  });
  CHECK(get("/a") == "not held");
  CHECK(get("/a") == "lease over");
}

TEST_CASE_METHOD(scene, "record evicted during a read is not absent",
                 "[orders]") {
  begin_whole();
  put("/a", "v");
  at(race_point::words_loaded, [this] { table.evict(shard, "/a"); });
  CHECK(get("/a") == "not held");
}

TEST_CASE_METHOD(scene, "record evicted during a listing is not left out",
                 "[orders]") {
  begin_whole();
  put("/a", "v");
  put("/b", "v");
  at(race_point::record_loaded, [this] {
    table.evict(shard, "/a");
    table.evict(shard, "/b");
  });
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(scene, "listing sees both changes of a command, or none",
                 "[orders]") {
  begin_whole();
  put("/a", "old");
  put("/b", "old");
  at(race_point::record_loaded, [this] {
    invalidate({"/a", "/b"});
    put("/a", "new", 2);
    put("/b", "new", 2);
  });
  CHECK(list("/") == "/a=new@2 /b=new@2");
}

TEST_CASE_METHOD(scene, "listing begun in the middle of a mark is no cut",
                 "[orders]") {
  begin_whole();
  put("/a", "old");
  put("/b", "old");
  std::latch half_marked{1};
  std::latch one_loaded{1};
  std::latch stored{1};
  std::string found;
  std::jthread reader{[&] {
    half_marked.wait();
    at(race_point::record_loaded, [&] {
      one_loaded.count_down();
      stored.wait();
    });
    found = list("/");
  }};
  at_race_point = [&](race_point) {
    half_marked.count_down();
    one_loaded.wait();
  };
  invalidate({"/a", "/b"});
  put("/a", "new", 2);
  put("/b", "new", 2);
  stored.count_down();
  reader.join();
  CHECK(found == "/a=new@2 /b=new@2");
}

TEST_CASE_METHOD(scene, "listing has all that came with its grant",
                 "[orders]") {
  begin();
  at(race_point::words_loaded, [this] {
    // So many that the table grows.
    for (int i = 0; i < 50; ++i)
      put("/k" + std::to_string(i), "v");
    table.install_prefix(shard, "/");
  });
  size_t count = 0;
  table.list(shard, "/", [&](auto&&...) { ++count; });
  CHECK(table.probe().growths > 0);
  CHECK(count == 50);
}

TEST_CASE_METHOD(scene, "prefix granted anew is not the one that was loaded",
                 "[orders]") {
  begin_whole();
  put("/a", "v");
  at(race_point::record_loaded, [this] {
    table.drop_prefix(shard, "/");
    table.evict(shard, "/a");
    put("/a", "new", 2);
    put("/b", "new", 2);
    table.install_prefix(shard, "/");
  });
  CHECK(list("/") == "/a=new@2 /b=new@2");
}

#endif
