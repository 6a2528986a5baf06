// SPDX-License-Identifier: Apache-2.0

// Copies of single keys (D6): reads of them are noted.

#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace muster;
using namespace muster::test;

namespace {

struct single_table : table_fixture {
  single_table() {
    begin();
  }

  void hold(std::string_view key, uint64_t version = 1) {
    table.put_single(shard, key, "v", sequence{version});
  }

  bool was_read(std::string_view key) {
    return table.take_read(shard, key);
  }
};

} // namespace

TEST_CASE_METHOD(single_table, "single key is served without any prefix",
                 "[read_table]") {
  hold("/a");
  CHECK(get("/a") == "v@1");
  CHECK(get("/a/b") == "not held");
}

TEST_CASE_METHOD(single_table, "read of a single key is noted until taken",
                 "[read_table]") {
  hold("/a");
  CHECK_FALSE(was_read("/a"));
  get("/a");
  get("/a");
  CHECK(was_read("/a"));
  CHECK_FALSE(was_read("/a"));
  get("/a");
  CHECK(was_read("/a"));
}

TEST_CASE_METHOD(single_table, "what was not served was not read",
                 "[read_table]") {
  hold("/a");
  invalidate({"/a"});
  get("/a");
  CHECK_FALSE(was_read("/a"));
  hold("/a", 2);
  lease(-1s);
  CHECK(get("/a") == "lease over");
  CHECK_FALSE(was_read("/a"));
}

TEST_CASE_METHOD(single_table, "only single keys are noted and counted",
                 "[read_table]") {
  put("/a", "v");
  hold("/b");
  auto before = read_table::counts().single;
  get("/a");
  CHECK_FALSE(was_read("/a"));
  CHECK(read_table::counts().single == before);
  get("/b");
  CHECK(read_table::counts().single == before + 1);
  put("/b", "w", 2);
  get("/b");
  CHECK_FALSE(was_read("/b"));
  CHECK(read_table::counts().single == before + 1);
}

TEST_CASE_METHOD(single_table, "absence of a single key is served and kept",
                 "[read_table]") {
  table.erase_single(shard, "/gone");
  erase("/forgotten"); // no prefix covers it
  CHECK(get("/gone") == "absent");
  CHECK(was_read("/gone"));
  // The table grows several times and reuses what it may.
  for (int i = 0; i < 1000; ++i)
    put("/k" + std::to_string(i), "v");
  CHECK(get("/gone") == "absent");
  CHECK(get("/forgotten") == "not held");
  invalidate({"/gone"});
  CHECK(get("/gone") == "invalid");
  table.evict(shard, "/gone");
  CHECK(get("/gone") == "not held");
}

TEST_CASE_METHOD(single_table, "end of a tenure ends single keys",
                 "[read_table]") {
  hold("/a");
  table.erase_single(shard, "/gone");
  begin();
  CHECK(get("/a") == "not held");
  CHECK(get("/gone") == "not held");
}

TEST_CASE_METHOD(single_table, "notes of readers and questions of the writer",
                 "[read_table][threads]") {
  hold("/a");
  std::atomic<bool> stop{false};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop)
        get("/a");
    });
  // Each version is read some time, and the note is found.
  for (uint64_t version = 2; version < 200; ++version) {
    while (!was_read("/a"))
      std::this_thread::yield();
    invalidate({"/a"});
    hold("/a", version);
  }
  stop = true;
  readers.clear();
  CHECK(get("/a") == "v@199");
}
