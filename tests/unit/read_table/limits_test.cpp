// SPDX-License-Identifier: Apache-2.0

// What happens at each limit of `read_table_options`, and what memory is used.

#include "registry/key.hpp"
#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

struct small_table : table_fixture {
  small_table() : table_fixture({.records_max = 2, .prefixes_max = 2}) {
    begin_whole();
  }
};

} // namespace

TEST_CASE_METHOD(small_table, "record too many is not held, nor is its prefix",
                 "[limits]") {
  table.install_prefix(shard, "/a");
  put("/a/1", "v");
  put("/b/1", "v");
  CHECK(list("/") == "/a/1=v@1 /b/1=v@1");
  put("/c/1", "v");
  CHECK(get("/c/1") == "not held");
  CHECK(list("/") == "not held");
  CHECK(list("/a") == "/a/1=v@1");
  CHECK(table.probe().refused_records == 1);
}

TEST_CASE_METHOD(small_table, "mark too many drops the prefix", "[limits]") {
  put("/a", "v");
  put("/b", "v");
  invalidate({"/a", "/c"});
  CHECK(get("/a") == "invalid");
  CHECK(get("/c") == "not held");
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(small_table, "full table still replaces and deletes",
                 "[limits]") {
  put("/a", "v");
  put("/b", "v");
  put("/a", "w", 2);
  erase("/b");
  put("/c", "v");
  CHECK(list("/") == "/a=w@2 /c=v@1");
}

TEST_CASE_METHOD(small_table, "prefix too many is not installed", "[limits]") {
  table.install_prefix(shard, "/a");
  table.install_prefix(shard, "/a");
  table.drop_prefix(shard, "/");
  table.install_prefix(shard, "/b");
  table.install_prefix(shard, "/c");
  CHECK(list("/a").empty());
  CHECK(list("/b").empty());
  CHECK(list("/c") == "not held");
  CHECK(table.probe().refused_prefixes == 1);
  CHECK(table.probe().prefixes == 2);
}

TEST_CASE_METHOD(table_fixture, "value too large is not held", "[limits]") {
  begin_whole();
  put("/a", "v");
  put("/a", std::string(value_bytes_max + 1, 'v'));
  CHECK(get("/a") == "not held");
  CHECK(list("/") == "not held");
  put("/b", std::string(value_bytes_max, 'v'));
  CHECK(get("/b").size() == value_bytes_max + 2);
}

TEST_CASE_METHOD(table_fixture, "longest key is held, a longer one is not",
                 "[limits]") {
  begin();
  std::string key = "/" + std::string(key_bytes_max - 1, 'k');
  put(key, "v");
  CHECK(get(key) == "v@1");
  put(key + "k", "v");
  CHECK(get(key + "k") == "not held");
}

TEST_CASE_METHOD(table_fixture, "memory returns when the shard is dropped",
                 "[limits]") {
  auto empty = table.memory_bytes();
  begin_whole();
  for (int i = 0; i < 5'000; ++i)
    put("/k" + std::to_string(i), std::string(100, 'v'));
  CHECK(table.probe().records == 5'000);
  CHECK(table.memory_bytes() > empty + 5'000 * 100);
  CHECK(table.probe().growths > 0);
  table.drop(shard);
  table.reclaim();
  CHECK(table.probe().garbage_bytes == 0);
  // The list of prefixes is replaced by an empty one, not removed.
  CHECK(table.memory_bytes() == empty);
}

TEST_CASE_METHOD(table_fixture, "replaced blocks do not pile up", "[limits]") {
  begin_whole();
  put("/a", "v");
  auto start = table.memory_bytes();
  for (int i = 0; i < 10'000; ++i) {
    invalidate({"/a"});
    put("/a", "w");
  }
  CHECK(table.memory_bytes() < start + 64 * 1024);
}

TEST_CASE_METHOD(table_fixture, "reads are counted by their outcome",
                 "[limits]") {
  begin_whole();
  put("/a", "v");
  auto before = read_table::counts();
  get("/a");
  get("/a");
  get("/b");
  list("/");
  auto after = read_table::counts();
  CHECK(after.served == before.served + 3);
  CHECK(after.served_absent == before.served_absent + 1);
  CHECK(after.reader_threads >= 1);
}
